"""A small fleet, simulated: what must hold for it whatever its figures are.

    check_small_fleet.py PROGRAM star|mirrors
"""
import json
import subprocess
import sys

program, topology = sys.argv[1:]
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)


def simulate(seed, *more):
    command = [program, "--servers", "20", "--images", "200", "--years", "0.083", "--topology", topology,
               "--seed", str(seed), "--no-growth", "--json", *more]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    expect(ran.returncode == 0, f"seed {seed}: the program ended with {ran.returncode}")
    return json.loads(ran.stdout)


told = simulate(1)
check, figures = told["check"], told["figures"]

# Real servers did the same as the model, request by request. That compares what each site has, too: all that is published, nothing
# that is private, and what was withdrawn only as withdrawn.
expect(check["differences"] == [], check["differences"])
expect(check["publications"] >= 2 * 30, check)
expect(check["polls"] >= 500 and check["idle_polls"] >= 100, check)
expect(check["copies"] >= 18 * 150, check)

expect(figures["sites_that_lack_images"] == 0, figures)
expect(figures["idle_requests_a_peer"] == 1, figures)
expect(0 < figures["idle_bytes_a_peer"] < 2000, figures)
expect(figures["half_have_it_median"] <= figures["most_have_it_median"] <= figures["all_have_it_median"], figures)
expect(figures["half_have_it_median"] < 60, "a site asks each hour")
if topology == "mirrors":
    expect(figures["origin_bytes_a_day"] < figures["cache_bytes_a_day"], figures)

expect(simulate(1, "--no-check")["figures"] == figures, "the same seed gave something else")
expect(simulate(2, "--no-check")["figures"] != figures, "another seed gave the same")

for failure in failures:
    print(failure, file=sys.stderr)
sys.exit(1 if failures else 0)
