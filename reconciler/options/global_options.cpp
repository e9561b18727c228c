// What every command takes, the environment, and the exit codes.
#include <fmt/format.h>

#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

/// --help and --version change no argument: CommandLine asks whether they were given.
void nothing(GlobalOptions&, const Setting&) {}

}  // namespace

const std::vector<Option>& global_options() {
  static const CommandEntry all = [] {
    CommandEntry global{"", "", "", ""};
    add_form<GlobalOptions>(global)
        .option("-f, --file MANIFEST", &GlobalOptions::manifest,
                "the manifest (default: ingot.toml); a folder stands for the ingot.toml in it")
        .option("--rev REV", &GlobalOptions::rev,
                "read the manifest from a branch, tag or commit of the git repository that holds it, also of a bare one. If "
                "a branch and a tag have the same name, write refs/heads/NAME or refs/tags/NAME")
        .option("--repo URL", &GlobalOptions::repo,
                "fetch this repository first, and read the manifest there at --rev (https, ssh, file). -f is a path in the "
                "repository. A branch goes before a tag of the same name")
        .option("--home DIR", &GlobalOptions::home,
                "the folder at which relative paths of the manifest start (default: the folder of the manifest; with --repo "
                "and a bare repository this folder)")
        .option("--format text|json|markdown|html|github|terraform|codequality|sarif|junit|dot|mermaid", &GlobalOptions::format,
                "the format of results. Every command has text and json; plan, validate, show and fleet have more")
        .option(
            "--json", [](GlobalOptions& given, const Setting&) { given.format = Format::json; }, "the same as --format json")
        .option("--color auto|always|never", &GlobalOptions::color, "colours in output (NO_COLOR and TERM=dumb are respected)")
        .option("-q, --quiet", &GlobalOptions::quiet, "print only results and errors")
        .option("-v, --verbose", &GlobalOptions::verbose, "print everything, nothing shortened")
        .option("--no-progress", &GlobalOptions::no_progress, "print no progress bars and no heartbeat")
        .option("--lock-timeout TIME", &GlobalOptions::lock_timeout,
                "how long to wait for another run to end, such as 30s (default: do not wait)")
        .option("--parallel N", number(&GlobalOptions::parallel, 1, 64, 8),
                "how many transfers run at once, 1-64, instead of the limit in the manifest")
        .option("-h, --help", nothing, "show this page")
        .option("--version", nothing, "show the version, its commit, and the libraries it uses");
    return global;
  }();
  return all.forms.front().options;
}

const std::vector<Described>& environment_variables() {
  static const std::vector<Described> variables{
      {{"INGOT_GUARD"},
       "a guard file. Beside /etc/ingot/guard.toml it can only add restrictions; without that file it counts alone"},
      {{"INGOT_GIT_USER", "INGOT_GIT_TOKEN"}, "user and password for --repo over https"},
      {{"INGOT_GIT_TOKEN_FILE"}, "the file with that password"},
      {{"INGOT_GIT_SSH_KEY"},
       "the file of a private key for --repo over ssh (default: what the program ssh uses: agent, ~/.ssh)"},
      {{"SSL_CERT_FILE"}, "the certificates that --repo trusts over https, instead of those of the system"},
      {{"GITHUB_STEP_SUMMARY"}, "with --format github: the file to which the summary of a step is added"},
      {{"XDG_CACHE_HOME"}, "where \"fleet\" and \"plan --against\" keep cached data (default: ~/.cache)"},
      {{"NO_COLOR"}, "no colours, if it is set and not empty"},
  };
  return variables;
}

const std::vector<Described>& exit_codes() {
  static const std::vector<Described> codes{
      {{"0"}, "done, or nothing to do"},
      {{"1"}, "internal error: a bug, please report it"},
      {{"2"}, "changes are pending (plan --detailed-exitcode, drift, diff, fleet status)"},
      {{"3"}, "incomplete: run it again"},
      {{"4"}, "untrusted: a human must look"},
      {{"5"}, "another run holds the lock"},
      {{"6"}, "local fault: disk, damaged state or store"},
      {{"7"}, "refused: held by a guard, or not approved"},
      {{"8"}, "stale: the saved plan no longer fits"},
      {{"9"}, "approval is needed and there is no terminal"},
      {{"64"}, "wrong command line"},
      {{"65"}, "wrong manifest or plan file"},
      {{"130", "143"}, "interrupted: run it again"},
  };
  return codes;
}

}  // namespace ingot::options
