"""Play a little of everything through a gateway that runs somewhere: `python -m deploy.smoke URL KEY_FILE`.

It leaves what it made, marked `story-...`: for a deployment that holds no real customers yet.
"""

import sys
from pathlib import Path

import httpx

from tests.story import play


def main() -> None:
    url, key_file = sys.argv[1:]
    headers = {"Authorization": f"Bearer {Path(key_file).read_text().strip()}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        story = play(client)
        view = client.get(f"/v1/customers/{story.ids['customer']}/360").raise_for_status()
    print(f"{url} works: {story.mark} made {', '.join(sorted(story.ids))}; 360 view of {len(view.content)} bytes")


if __name__ == "__main__":
    main()
