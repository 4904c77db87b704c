"""The facts of the fidelity page, and how each is tried.

`tests/cli/verify/` holds that every row of `docs/sandbox-fidelity.md` is here, word for word.
"""

from nemovideo.cli.verify.facts import accounts, messages, renders, uploads

FACTS = [*accounts.FACTS, *messages.FACTS, *uploads.FACTS, *renders.FACTS]
