// fleet: many servers.
#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

CommandEntry fleet_command() {
  CommandEntry fleet{"fleet", "many servers: check manifests, plan, ask which image is where", R"(
  ingot fleet check sites/*/ingot.toml       # what does not fit, and who copies what from whom
  ingot fleet check sites/* --format dot | dot -Tsvg > fleet.svg
  ingot fleet status db19_25 --cards peers   # is it everywhere?
  ingot fleet status series:db19 --cards peers --json
  ingot fleet status --cards peers --format html > status.html
  ingot fleet plan sites/* --base origin/main # what a change does, and where
  ingot fleet report --cards peers sites/* --out fleet.html   # a page to mail
)",
                     R"(
check reads the manifests of many servers, each with the server.card.toml beside it. It needs no network (but for --repo) and no
state. It finds:

  - names that collide: servers, images on one server, clients and targets of other sites
  - rules that can never match, and images that a server expects but no rule copies
  - series whose members are copies: copies are not redistributed
  - cards that are not the peer's own, and peers to which nothing is subscribed

Rules are evaluated as if every image were new. Images that no manifest names are not known. Exit code 65 if there is an error;
warnings and notes are exit code 0.

status asks each server whose card (*.toml) is in the folder DIR what it publishes now. It needs no registration, no state and no
keys. If a server publishes its state ([server] publish_state = true), status shows beside each image whether the server wants it,
and names the rule. Of a [[copy]] with keep = false, status knows only from the manifest (--manifest). If a server does not publish
its state, what it wants is unknown: a missing copy is "waiting" if the server has an older member of the same series of the same
origin, else "absent". For a server that is unreachable, cached data is shown in parentheses; the last table says how old it is.

  origin      the image was made there
  present     a copy is there, with the bytes that its origin signed
  withdrawn   the image is there and marked as withdrawn
  waiting     the image is not there and should come
  absent      the image is not there, and nothing says that it should come
  differs     the image is there with other bytes: exit code 4

status returns exit code 4 if a server is untrusted, else 3 if a server was unreachable or no server has IMAGE, else 2 if a server lacks
an image that it wants, or a withdrawal. Formats: text, json, markdown (a comment), html (a page without scripts).

plan makes, for each MANIFEST, the plan that its server would have with this manifest, as "ingot plan --against" does, and shows the
plans side by side: a line for each action and reason, with the servers that share them. Each server is asked once. A server must publish
its state; one that does not is listed without a plan, and a warning names it. The server.card.toml beside the manifest says who the
server is; a card in DIR with the same root says where it is. If there is no card beside the manifest, the only card in DIR with the
server's name is used. plan returns exit code 65 if a manifest is wrong, else 4 if a server is untrusted, else 7 if a plan holds actions or
if no server publishes its state, else 3 if a server was unreachable; pending changes are exit code 0. Formats: text, json (each plan whole), markdown (a
comment).

report asks the servers like status and writes one HTML file: which servers lack the newest image of a series and since when, the
age of each head, who copies how many bytes from whom, and which image is on which server. At most 4,000 images are shown, those
with something missing or wrong first. With manifests it adds their rules and what does not fit. The file needs no scripts and
loads nothing. A catalog does not say when an image was published: report and status note when they see a new head, so a report
made every day knows the day. Exit code 3 if a server was unreachable, 4 if a server is untrusted; the file is written all the
same.

With --rev and --repo, all four read the manifests from a commit. A server that two MANIFESTs name is exit code 64 (check: an error).
)"};
  add_form<CheckFleet>(fleet, "check")
      .word("MANIFEST...", &CheckFleet::manifests)
      .formats({Format::text, Format::json, Format::dot, Format::mermaid});
  add_form<AskFleet>(fleet, "status")
      .word("[IMAGE|series:NAME]", &AskFleet::what)
      .needed("--cards DIR", &AskFleet::cards, "the folder with the cards of the servers")
      .repeated("--manifest FILE", &AskFleet::manifests,
                "the manifest of a server, with the server.card.toml beside it: rules are shown with file and line")
      .formats({Format::text, Format::json, Format::markdown, Format::html});
  add_form<PlanFleet>(fleet, "plan")
      .word("MANIFEST...", &PlanFleet::manifests)
      .option("--cards DIR", &PlanFleet::cards, "a folder with cards of the servers")
      .option("--base REV", &PlanFleet::base,
              "show only what differs from the plans of REV: of each manifest at the commit where it branched off from REV")
      .formats({Format::text, Format::json, Format::markdown});
  add_form<ReportFleet>(fleet, "report")
      .word("[MANIFEST...]", &ReportFleet::manifests)
      .needed("--cards DIR", &ReportFleet::cards, "the folder with the cards of the servers")
      .needed("--out FILE", &ReportFleet::out, "the HTML file; replaces only an earlier report");
  return fleet;
}

}  // namespace

std::vector<CommandEntry> fleet_commands() { return {fleet_command()}; }

}  // namespace ingot::options
