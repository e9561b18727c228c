// fleet: many servers.
#include "reconciler/options/define.hpp"

namespace ingot::options {

CommandEntry fleet_command() {
  CommandEntry fleet{.name = "fleet", .summary = "compare the manifests of many servers, and ask them which image is where"};
  fleet.examples = R"(
  ingot fleet check sites/*/ingot.toml       # what does not fit, and who copies what from whom
  ingot fleet check sites/* --format dot | dot -Tsvg > fleet.svg
  ingot fleet status db19_25 --cards peers   # is it everywhere?
  ingot fleet status series:db19 --cards peers --json
  ingot fleet report --cards peers sites/* --out fleet.html   # a page to mail
)";
  fleet.text = R"(
check reads the manifests of many servers, each with the server.card.toml beside it. It uses no network and no state. It finds:

  - names that collide: servers, images on one server, clients and targets of other sites
  - rules that can never match, and images that a server expects but no rule copies
  - series whose members are copies: copies are not redistributed
  - cards that are not the peer's own, and pairs of servers where only one has registered the other

Rules are evaluated as if every image were new. Images that no manifest names are not known. Exit code 65 if there is an error;
warnings and notes are exit code 0.

status asks each server whose card (*.toml) is in the folder DIR what it publishes now. It needs no registration, no state and no
keys. A server publishes what it has, not what it wants, so a missing copy is "absent". It is "waiting" if the server has an older
member of the same series of the same origin. For a server that is unreachable, cached data is shown in parentheses; the second
table says how old it is.

  origin, present   the image is there, with the bytes that its origin signed
  withdrawn         the image is there and marked as withdrawn
  differs           the image is there with other bytes: exit code 4

status returns exit code 2 if a server lacks an image or a withdrawal, 3 if a server was unreachable, 4 if a server is untrusted.

report asks the servers like status and writes one HTML file: which servers lack the newest image of a series and since when, the
age of each head, who copies how many bytes from whom, and which image is on which server. At most 4,000 images are shown, those
with something missing or wrong first. With manifests it adds their rules and what does not fit. The file needs no scripts and
loads nothing. A catalog does not say when an image was published: report and status note when they see a new head, so a report
made every day knows the day. Exit code 3 if a server was unreachable, 4 if a server is untrusted; the file is written all the
same.
)";
  add_form<CheckFleet>(fleet, "check")
      .word("MANIFEST...", &CheckFleet::manifests)
      .formats({Format::text, Format::json, Format::dot, Format::mermaid});
  add_form<AskFleet>(fleet, "status")
      .word("[IMAGE|series:NAME]", &AskFleet::what)
      .needed("--cards DIR", &AskFleet::cards, "the folder with the cards of the servers");
  add_form<ReportFleet>(fleet, "report")
      .word("[MANIFEST...]", &ReportFleet::manifests)
      .needed("--cards DIR", &ReportFleet::cards, "the folder with the cards of the servers")
      .needed("--out FILE", &ReportFleet::out, "the HTML file; replaces only an earlier report");
  return fleet;
}

}  // namespace ingot::options
