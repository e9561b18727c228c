#include "reconciler/options/help.hpp"

#include <algorithm>

#include "reconciler/options/help_pages.hpp"

namespace ingot::options {

namespace {

constexpr std::string_view everywhere = R"(
Global options:
  -f, --file MANIFEST       the manifest (default: ingot.toml; a folder means its ingot.toml)
      --rev REV             read it at a branch, tag or commit of the git repository that holds it (bare ones too); of a name
                            that several bear write refs/heads/NAME or refs/tags/NAME
      --repo URL            fetch that repository first, and read it there at --rev (https, ssh, file; -f is a path in it); a
                            plain name is then a branch first
      --home DIR            what its relative paths are relative to (default: its folder; with --repo and in a bare
                            repository this folder)
      --format text|json|markdown|github|terraform|codequality|sarif|junit|dot|mermaid
                            what results look like: text or json; plan, validate, show and "fleet check" know some of the others
      --json                the same as --format json
      --color auto|always|never     colours (NO_COLOR and TERM=dumb are respected)
  -q, --quiet               results and errors only
  -v, --verbose             everything, nothing cut short
      --no-progress         no bars and no heartbeat
      --lock-timeout TIME   wait so long for another run to end, such as 30s (default: one try)
      --parallel N          instead of the manifest's limit, 1-64
  -h, --help                this page
      --version             the version, its commit, what it runs with
)";

constexpr std::string_view overview_begin =
    R"(Keeps this server's gold images as its manifest says, copying from the servers it subscribes to.

  ingot init --server fpps-1 --url https://gold.dc1.example.net/   begin here
  ingot plan                                                       what would change, and why
  ingot apply                                                      change it
  ingot query images                                               what is here
  ingot extract series:db19 /u01/app/db19                          the latest image of a series

Commands:
)";

constexpr std::string_view overview_end = R"(
"ingot COMMAND --help" or "ingot help COMMAND" shows examples of each.

)";

constexpr std::string_view environment = R"(Environment:
  INGOT_GUARD               a guard file beside /etc/ingot/guard.toml; it can only make things stricter
  INGOT_GIT_USER, INGOT_GIT_TOKEN    user and password for --repo by https; INGOT_GIT_TOKEN_FILE: the file of the password
  INGOT_GIT_SSH_KEY         the file of a private key for --repo by ssh (else what the program ssh finds: agent, ~/.ssh)
  SSL_CERT_FILE             the certificates that --repo by https trusts, instead of the system's
  GITHUB_STEP_SUMMARY       with --format github, the file to which the summary of a step is added
  XDG_CACHE_HOME            where "fleet status" keeps what servers said last (default: ~/.cache)
  NO_COLOR                  no colours, if it is set and not empty

)";

constexpr std::string_view exit_codes =
    R"(Exit codes: 0 done, or nothing to do · 2 changes pending (plan --detailed-exitcode, drift) · 3 incomplete, run again ·
4 untrusted, a human must look · 5 another run holds the lock · 6 local fault (disk, damaged state or store) ·
7 refused, held by a guard or not approved · 8 stale: the saved plan no longer fits · 9 approval is needed and there is no terminal · 64 wrong command line ·
65 wrong manifest or plan file · 130/143 interrupted, run again · 1 a bug: please report it
)";

bool is_command(std::string_view word) {
  return std::any_of(page_texts().begin(), page_texts().end(), [&](const Page& one) { return one.command == word; });
}

/// Of a command that there is.
const Page& page_of(std::string_view command) {
  return *std::find_if(page_texts().begin(), page_texts().end(), [&](const Page& one) { return one.command == command; });
}

}  // namespace

const std::vector<std::string>& command_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& page : page_texts()) list.emplace_back(page.command);
    return list;
  }();
  return names;
}

std::string help_summary(std::string_view command) { return std::string(page_of(command).summary); }
std::string help_text(std::string_view command) { return std::string(page_of(command).text); }
std::string_view help_everywhere() { return everywhere; }
std::string_view help_environment() { return environment; }
std::string_view help_exit_codes() { return exit_codes; }

std::string help_page(std::string_view command) {
  if (is_command(command)) return help_text(command) + std::string(everywhere);
  std::string text(overview_begin);
  for (const auto& one : page_texts())
    text.append("  ").append(one.command).append(12 - one.command.size(), ' ').append(one.summary) += '\n';
  return text.append(everywhere).append(overview_end).append(environment).append(exit_codes);
}

}  // namespace ingot::options
