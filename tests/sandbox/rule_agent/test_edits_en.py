"""What an instruction changes on the timeline, row by row, in English.

Each row is said to a video of a cat (0 to 6 s) and a dog (6 to 12 s) with music, a title to 3 s and
a subtitle from 2 to 5 s. The second column lists the lines of the timeline that are new.
"""

from __future__ import annotations

import pytest

from nemovideo.sandbox.agents.uploads import Upload
from tests.sandbox.rule_agent.conftest import Session, outline

ROWS = [
    (
        "trim 3 seconds off the end",
        "video 6-9 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "cut 1 second from the beginning",
        "video 0-5 cat sleeping in=1000 <animal/cat//day/clear/drift/[]> | "
        "video 5-11 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-11 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1-4 Hello position=bottom",
    ),
    (
        "remove the part from 4 to 6 seconds",
        "video 0-4 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 4-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 2-4 Hello position=bottom",
    ),
    (
        "cut out seconds 3 to 5",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-4 cat sleeping in=5000 <animal/cat//day/clear/drift/[]> | "
        "video 4-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 2-3 Hello position=bottom",
    ),
    (
        "keep only 2 to 8 seconds",
        "video 0-4 cat sleeping in=2000 <animal/cat//day/clear/drift/[]> | "
        "video 4-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 0-3 Hello position=bottom",
    ),
    (
        "cut the video to 10 seconds",
        "video 6-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "make it 8 seconds long",
        "video 6-8 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-8 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "make it 5 seconds shorter",
        "video 6-7 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-7 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "extend it to 20 seconds",
        "video 6-20 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "make the video longer",
        "video 6-14 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-14 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "make the first clip 3 seconds",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-9 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 2-3 Hello position=bottom",
    ),
    (
        "trim the second clip to 2 seconds",
        "video 6-8 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-8 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "cut the last 2 seconds of the first clip",
        "video 0-4 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 4-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 2-4 Hello position=bottom",
    ),
    (
        "split the video at 3 seconds",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-6 cat sleeping in=3000 <animal/cat//day/clear/drift/[]>",
    ),
    (
        "split the first clip in half",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-6 cat sleeping in=3000 <animal/cat//day/clear/drift/[]>",
    ),
    (
        "cut it in two at 0:07",
        "video 6-7 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 7-12 dog on a beach in=1000 <animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    (
        "swap clip 1 and clip 2",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    (
        "put the second clip first",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    (
        "move the first clip to the end",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    (
        "reverse the order of the clips",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    ("delete the last scene", "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | 1 fewer"),
    (
        "remove the cat scene",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "2 fewer",
    ),
    (
        "double the speed",
        "video 0-3 cat sleeping speed=2.0 <animal/cat//day/clear/drift/[]> | "
        "video 3-6 dog on a beach speed=2.0 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1-4 Hello position=bottom",
    ),
    (
        "play it at half speed",
        "video 0-12 cat sleeping speed=0.5 <animal/cat//day/clear/drift/[]> | "
        "video 12-24 dog on a beach speed=0.5 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-24 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 4-7 Hello position=bottom",
    ),
    (
        "2x",
        "video 0-3 cat sleeping speed=2.0 <animal/cat//day/clear/drift/[]> | "
        "video 3-6 dog on a beach speed=2.0 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1-4 Hello position=bottom",
    ),
    (
        "speed up the second clip by 50%",
        "video 6-10 dog on a beach speed=1.5 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "slow down the first clip",
        "video 0-12 cat sleeping speed=0.5 <animal/cat//day/clear/drift/[]> | "
        "video 12-18 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-18 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 4-7 Hello position=bottom",
    ),
    (
        "add a fade in and fade out",
        "video 0-6 cat sleeping fade_in=1000 <animal/cat//day/clear/drift/[]> | "
        "video 6-12 dog on a beach fade_out=1000 <animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    (
        "fade to black at the end",
        "video 6-12 dog on a beach fade_out=1000 <animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    (
        "fade in over 2 seconds",
        "video 0-6 cat sleeping fade_in=2000 <animal/cat//day/clear/drift/[]>",
    ),
    ("fade out the music over 3 seconds", "audio 0-12 Calm Piano fade_in=1000 fade_out=3000 35%"),
    (
        "add a 1 second dissolve between clips 1 and 2",
        "video 6-12 dog on a beach transition=crossdissolve:1000 "
        "<animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    (
        "add transitions",
        "video 6-12 dog on a beach transition=crossdissolve:500 "
        "<animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    ("turn the music down", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 21%"),
    ("turn down the volume a bit", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 28%"),
    ("set the volume to 50%", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 50%"),
    ("music at 15%", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 15%"),
    ("lower the music by 20%", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 28%"),
    ("make the music louder", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 58%"),
    ("remove the background music", "1 fewer"),
    ("get rid of the soundtrack", "1 fewer"),
    ("no music please", "1 fewer"),
    ("I want happier music", "audio 0-12 Happy Tune fade_in=1000 fade_out=1000 35%"),
    ("change the music to jazz at 120 bpm", "audio 0-12 Jazz fade_in=1000 fade_out=1000 35%"),
    ("add upbeat guitar music", "audio 0-12 Happy Guitar fade_in=1000 fade_out=1000 35%"),
    ("mute it", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 0%"),
    (
        "move the title to the bottom",
        "title 0-3 Cat Sleeping fade_in=400 fade_out=400 position=bottom",
    ),
    ("put the subtitle at the top", "subtitle 2-5 Hello position=top"),
    (
        "show the title from 1 to 4 seconds",
        "title 1-4 Cat Sleeping fade_in=400 fade_out=400 position=lower_third",
    ),
    (
        "make the title red and larger",
        "title 0-3 Cat Sleeping color=#ff3b30 fade_in=400 fade_out=400"
        " position=lower_third size=large",
    ),
    (
        "change the title to Best Friends",
        "title 0-3 Best Friends fade_in=400 fade_out=400 position=lower_third",
    ),
    ('rename the title "Pals"', "title 0-3 Pals fade_in=400 fade_out=400 position=lower_third"),
    ("delete the subtitle", "1 fewer"),
    ("remove all text", "2 fewer"),
    ("add a caption saying The End in the last 3 seconds", "subtitle 9-12 The End position=bottom"),
    (
        'add the text "Wow!" in the center at 6 seconds for 2 seconds',
        "subtitle 6-8 Wow! position=center",
    ),
    (
        'Add subtitles "One" from 0 to 3 seconds and "Two" from 3 to 6 seconds',
        "subtitle 0-3 One position=bottom | subtitle 3-6 Two position=bottom",
    ),
    (
        "make it look like a watercolor painting",
        "video 0-6 cat sleeping <animal/cat//day/clear/drift/['watercolor']> | "
        "video 6-12 dog on a beach <animal/dog/beach/day/clear/zoom_in/['watercolor']>",
    ),
    (
        "change it to night",
        "video 0-6 cat sleeping <animal/cat//night/clear/drift/[]> | "
        "video 6-12 dog on a beach <animal/dog/beach/night/clear/zoom_in/[]>",
    ),
    (
        "make it rain in the second clip",
        "video 6-12 dog on a beach <animal/dog/beach/day/rain/zoom_in/[]>",
    ),
    ("zoom in slowly", "video 0-6 cat sleeping <animal/cat//day/clear/zoom_in/[]>"),
    ("make the dog a panda", "video 6-12 panda <animal/panda/beach/day/clear/zoom_in/[]>"),
    ("replace the cat with a fox", "video 0-6 fox <animal/fox//day/clear/drift/[]>"),
    (
        "change the second clip to a city at night",
        "video 6-12 city at night <city/city//night/clear/pan_right/[]>",
    ),
    (
        "then show a whale in the ocean",
        "video 12-17 whale in the ocean <animal/whale/ocean/day/clear/zoom_out/[]> | "
        "audio 0-17 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "add another scene of a bird flying over mountains for 4 seconds",
        "video 12-16 bird flying over mountains "
        "<animal/bird/mountain/day/clear/zoom_in/[]> | "
        "audio 0-16 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "add a 3-second shot of a lighthouse at the beginning",
        "video 0-3 lighthouse <sea/lighthouse//day/clear/zoom_out/[]> | "
        "video 3-9 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 9-15 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-15 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 5-8 Hello position=bottom",
    ),
    (
        "append beach.mp4",
        "video 12-20 beach.mp4 | audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "insert beach.mp4 at the beginning",
        "video 0-8 beach.mp4 | "
        "video 8-14 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 14-20 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 10-13 Hello position=bottom",
    ),
    (
        "add my photos at the end",
        "video 12-16 IMG_1.jpg | "
        "video 16-20 photo two.png | "
        "audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "insert IMG_1.jpg at 3 seconds for 2 seconds",
        "video 0-3 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 3-5 IMG_1.jpg | "
        "video 5-8 cat sleeping in=3000 <animal/cat//day/clear/drift/[]> | "
        "video 8-14 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-14 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "put photo two.png after the first clip",
        "video 6-10 photo two.png | "
        "video 10-16 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-16 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    ("replace the second clip with beach.mp4", "video 6-12 beach.mp4"),
    ("use song.mp3 as background music", "audio 0-12 song.mp3 fade_in=1000 fade_out=1000 35%"),
    ("add my song", "audio 0-12 song.mp3 fade_in=1000 fade_out=1000 35%"),
    ("add voice.wav at 2 seconds", "audio 2-7 voice.wav 100%"),
    ("overlay IMG_1.jpg in the corner from 2 to 6 seconds", "video 2-6 IMG_1.jpg"),
    ("use only beach.mp4", "video 0-8 beach.mp4 | 4 fewer"),
    (
        "make a slideshow of my photos, 2 seconds each, with crossfades and calm music",
        "video 12-14 IMG_1.jpg | "
        "video 14-16 photo two.png | "
        "audio 0-16 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "combine beach.mp4 and intro.mov into one video",
        "video 12-20 beach.mp4 | "
        "video 20-24 intro.mov | "
        "audio 0-24 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "make a new 10 second video from my clips",
        "video 0-6 beach.mp4 | video 6-10 intro.mov | 3 fewer",
    ),
    (
        'Cut the first 2 seconds, add a title "Go" and lower the music to 10%',
        "video 0-4 cat sleeping in=2000 <animal/cat//day/clear/drift/[]> | "
        "video 4-10 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 10% | "
        "title 0-3 Go fade_in=400 fade_out=400 position=lower_third | "
        "subtitle 0-3 Hello position=bottom",
    ),
    (
        "Please could you make the music a bit quieter and then fade it out at the end?",
        "audio 0-12 Calm Piano fade_in=1000 fade_out=2000 28%",
    ),
    (
        "generate a new 5 second video of a lion",
        "video 0-5 lion <animal/lion//day/clear/pan_left/[]> | "
        "audio 0-5 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "title 0-3 Lion fade_in=400 fade_out=400 position=lower_third | "
        "2 fewer",
    ),
    (
        "start over with a 6 second clip of a rocket launch",
        "video 0-6 rocket launch <space/rocket//night/clear/pan_left/[]> | "
        "audio 0-6 Epic Orchestra fade_in=1000 fade_out=1000 35% | "
        "title 0-3 Rocket Launch fade_in=400 fade_out=400 position=lower_third | "
        "2 fewer",
    ),
    ('change the subtitle to "Bye"', "subtitle 2-5 Bye position=bottom"),
    (
        "move the subtitle to the top and make it yellow",
        "subtitle 2-5 Hello color=#ffcc00 position=top",
    ),
    (
        "make the title smaller",
        "title 0-3 Cat Sleeping fade_in=400 fade_out=400 position=lower_third size=small",
    ),
    ("delay the subtitle to 6 seconds", "subtitle 6-9 Hello position=bottom"),
    (
        "extend the title to 5 seconds",
        "title 0-5 Cat Sleeping fade_in=400 fade_out=400 position=lower_third",
    ),
    ("fade in the title", "title 0-3 Cat Sleeping fade_in=1000 fade_out=400 position=lower_third"),
    (
        "fade everything in and out",
        "video 0-6 cat sleeping fade_in=1000 <animal/cat//day/clear/drift/[]> | "
        "video 6-12 dog on a beach fade_out=1000 <animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    ("set the music to half volume", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 50%"),
    ("turn the music up a lot", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 88%"),
    (
        "cut the second clip in half at 9 seconds",
        "video 6-9 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 9-12 dog on a beach in=3000 <animal/dog/beach/day/clear/zoom_in/[]>",
    ),
    (
        "delete the first 3 seconds",
        "video 0-3 cat sleeping in=3000 <animal/cat//day/clear/drift/[]> | "
        "video 3-9 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 0-2 Hello position=bottom",
    ),
    (
        "move clip 2 before clip 1",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    (
        "put the last clip at position 1",
        "video 0-6 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "video 6-12 cat sleeping <animal/cat//day/clear/drift/[]>",
    ),
    ("remove the fade from the music", "audio 0-12 Calm Piano 35%"),
    (
        "make the second scene foggy at dawn",
        "video 6-12 dog on a beach <animal/dog/beach/dawn/fog/zoom_in/[]>",
    ),
    (
        "pan left",
        "video 0-6 cat sleeping <animal/cat//day/clear/pan_left/[]> | "
        "video 6-12 dog on a beach <animal/dog/beach/day/clear/pan_left/[]>",
    ),
    (
        "put IMG_1.jpg before the second clip",
        "video 6-10 IMG_1.jpg | "
        "video 10-16 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-16 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    ("use my voice recording", "audio 0-5 voice.wav 100%"),
    (
        "start with intro.mov",
        "video 0-4 intro.mov | "
        "video 4-10 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 10-16 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-16 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 6-9 Hello position=bottom",
    ),
    (
        "add beach.mp4, fill the frame",
        "video 12-20 beach.mp4 fit=cover | audio 0-20 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        "finish with a scene of fireworks over a city",
        "video 12-17 fireworks over a city <city/city//day/clear/pan_left/[]> | "
        "audio 0-17 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    ("change the music to sad piano", "audio 0-12 Sad Piano fade_in=1000 fade_out=1000 35%"),
    ("double the volume of the music", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 70%"),
    ("mute the music", "audio 0-12 Calm Piano fade_in=1000 fade_out=1000 0%"),
    (
        "speed it up a bit",
        "video 0-4.8 cat sleeping speed=1.25 <animal/cat//day/clear/drift/[]> | "
        "video 4.8-9.6 dog on a beach speed=1.25 <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-9.6 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "subtitle 1.6-4.6 Hello position=bottom",
    ),
    (
        "make the first clip 2 seconds longer",
        "video 0-8 cat sleeping <animal/cat//day/clear/drift/[]> | "
        "video 8-14 dog on a beach <animal/dog/beach/day/clear/zoom_in/[]> | "
        "audio 0-14 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
]

ON_UPLOADS = [
    (
        'combine my clips, trim the first 2 seconds and add a title "Trip"',
        "video 0-6 beach.mp4 in=2000 | video 6-10 intro.mov | title 0-3 Trip position=lower_third",
    ),
    ("use beach.mp4, cut it to 5 seconds and mute it", "video 0-5 beach.mp4 muted=True"),
    (
        "make a slideshow of the photos",
        "video 0-3 IMG_1.jpg | "
        "video 3-6 photo two.png transition=crossdissolve:500 | "
        "audio 0-6 Calm Piano fade_in=1000 fade_out=1000 35%",
    ),
    (
        'Create a 20-second video from these files with epic music and a title "Summer"',
        "video 0-5.333 beach.mp4 | "
        "video 5.333-10.666 IMG_1.jpg | "
        "video 10.666-16 photo two.png | "
        "video 16-20 intro.mov | "
        "audio 0-20 Epic Orchestra fade_in=1000 fade_out=1000 35% | "
        "title 0-3 Summer position=lower_third",
    ),
    ("use intro.mov then beach.mp4", "video 0-4 intro.mov | video 4-12 beach.mp4"),
    (
        "generate a 10s video of a cat",
        "video 0-10 cat <animal/cat//day/clear/pan_right/[]> | "
        "audio 0-10 Calm Piano fade_in=1000 fade_out=1000 35% | "
        "title 0-3 Cat fade_in=400 fade_out=400 position=lower_third",
    ),
]


@pytest.mark.parametrize(("message", "changes"), ROWS, ids=[row[0] for row in ROWS])
def test_an_instruction_changes_what_a_person_expects(
    message: str, changes: str, two_scenes: Session
) -> None:
    assert two_scenes.changes(message) == changes


@pytest.mark.parametrize(("message", "changes"), ON_UPLOADS, ids=[row[0] for row in ON_UPLOADS])
def test_an_instruction_finds_the_uploads_on_an_empty_timeline(
    message: str, changes: str, uploads: Session
) -> None:
    assert uploads.changes(message) == changes


@pytest.mark.parametrize(
    "message",
    [
        "fade it out at the end, picture and sound",
        "fade out the picture and the music at the end",
        "fade out the video and the sound at the end",
        "画面和声音一起淡出",
        "片尾把画面和音乐都淡出",
    ],
)
def test_a_fade_of_picture_and_sound_fades_both(two_scenes: Session, message: str) -> None:
    two_scenes.send("remove the fades of the music")
    two_scenes.send(message)
    lines = outline(two_scenes.draft)
    assert [line.split()[1] for line in lines if "fade_out=1000" in line] == ["6-12", "0-12"]
    again = two_scenes.send(message)
    assert (again.draft, again.report) == (None, ("same_fade",))


def test_a_fade_of_the_picture_is_none_of_a_photo(two_scenes: Session) -> None:
    changes = two_scenes.changes("fade the picture out at the end")
    assert changes.startswith("video 6-12 dog on a beach fade_out=1000")


@pytest.mark.parametrize(
    "message",
    [
        "fade out the picture and the title",
        "画面和字幕一起淡出",
        "fade the music in and the picture out at the end",
        "音乐淡入和画面淡出",
    ],
)
def test_a_fade_of_other_pairs_is_refused_whole(two_scenes: Session, message: str) -> None:
    assert two_scenes.send(message).draft is None


def test_a_fade_of_picture_and_music_without_music_is_refused_whole(two_scenes: Session) -> None:
    two_scenes.send("remove the music")
    turn = two_scenes.send("fade out the picture and the music at the end")
    assert (turn.draft, turn.report) == (None, ("no_music",))


@pytest.mark.parametrize("message", ["slow the clip down to 0.5x", "慢放到0.5倍速"])
@pytest.mark.parametrize(
    ("recorded", "end", "report"), [(30.0, 16, ("speed",)), (10.0, 10, ("speed", "music_ends"))]
)
def test_an_uploaded_song_follows_a_longer_film_as_far_as_it_goes(
    message: str, recorded: float, end: int, report: tuple[str, ...]
) -> None:
    session = Session((Upload("beach.mp4", "video", 8.0), Upload("song.mp3", "audio", recorded)))
    session.send("make a video of my clip")
    session.send("put my song under it as music")
    turn = session.send(message)
    assert turn.report == report
    assert outline(session.draft)[1].startswith(f"audio 0-{end} song.mp3")
