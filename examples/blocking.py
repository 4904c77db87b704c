"""Without async: the same names, in a plain script."""

import nemovideo

with nemovideo.NemoVideo() as client:
    generation = client.generate_stream("a 5-second video of a hot-air balloon")
    for event in generation:
        if event.type == "text":
            print(event.text, end="", flush=True)
    print("\n", generation.video.save("balloon.mp4"), sep="")

    project = client.open_project(generation.video.session_id)
    print(*project.send("add a title that says Up").changes, sep="\n")
    project.export("up.mp4")
