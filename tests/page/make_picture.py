#!/usr/bin/python3
"""Makes the picture of the catalog page that the README shows: make_picture.py OUT.png, at most 200 kB (INGOT: the binary)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "survival"))
import servers
import browser

OS = {"name": "debian12", "type": "LINUXOS", "platform": "linux-x86_64"}
DB = {"name": "db19", "type": "ORACLEDBSOFTWARE", "platform": "linux-x86_64"}


def entries(site):
    text = ""
    for kind, versions in ((DB, ["19.21", "19.22", "19.23", "19.24", "19.25"]), (OS, ["12.5", "12.6", "12.7"])):
        members, parent = [], ""
        for version in versions:
            name = kind["name"] + "_" + version.split(".")[1]
            more = f'type = "{kind["type"]}"\nversion = "{version}.0"\nplatform = "{kind["platform"]}"\nlabels = {{ team = "{kind["name"][:2]}a" }}\n{parent}'
            if version == "19.22":
                more += 'state = "WITHDRAWN"\nreason = "a wrong patch level"\n'
            text += site.image(name, servers.noise(1_000_000 + 37_000 * len(text), len(text)), more)
            members.append(name)
            parent = f'parent = "{name}"\n'
        text += f'[[series]]\nname = "{kind["name"]}"\nimages = {members}\n'.replace("'", '"')
    return text


def main():
    world, driver = servers.World(), browser.Driver()
    try:
        site = world.site("fpps-1")
        site.manifest(entries(site))
        site.apply()
        one = driver.browser("--hide-scrollbars", width=1240, height=900)
        one.open(world.web(site.public, "web").url)
        one.wait("document.querySelector('#facets details')")
        one.picture(sys.argv[1], whole=True)
        size = pathlib.Path(sys.argv[1]).stat().st_size
        if size > 200_000:
            sys.exit(f"the picture has {size} bytes, more than 200,000")
    finally:
        driver.stop()
        world.__exit__()


if __name__ == "__main__":
    main()
