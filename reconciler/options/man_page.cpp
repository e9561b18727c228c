#include "reconciler/options/man_page.hpp"

#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/options/help.hpp"
#include "reconciler/options/help_table.hpp"

namespace ingot::options {

namespace {

/// What scdoc would take for its own marks.
std::string escaped(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (std::string_view("\\_*`<>#.").find(c) != std::string_view::npos) plain += '\\';
    plain += c;
  }
  return plain;
}

std::string bold(std::string_view text) { return "*" + escaped(text) + "*"; }

void put_block(const HelpBlock& block, std::string& out) {
  if (block.kind == HelpBlock::Kind::prose) {
    for (const auto& line : block.lines) out += escaped(line) + "\n";
  } else {
    out += "```\n";
    for (const auto& line : block.lines) out += line.substr(2) + "\n";
    out += "```\n";
  }
  out += "\n";
}

void put_option_list(const std::vector<HelpOption>& options, std::string& out) {
  for (const auto& option : options) {
    std::vector<std::string> flags;
    for (const auto& flag : option.flags) flags.push_back(bold(flag));
    out += fmt::format("{}{}{}\n\t{}\n\n", fmt::join(flags, ", "), option.value.empty() ? "" : " ", escaped(option.value),
                       escaped(option.text));
  }
}

void put_page(const HelpPage& page, std::string& out) {
  out += fmt::format("## ingot {} - {}\n\n", escaped(page.command), escaped(page.summary));
  put_block({HelpBlock::Kind::examples,
             [&] {
               std::vector<std::string> usage;
               for (const auto& line : page.usage) usage.push_back("  " + line);
               return usage;
             }()},
            out);
  for (const auto& block : page.blocks) put_block(block, out);
  put_option_list(page.options, out);
}

constexpr std::string_view beginning = R"(ingot(1) "" "ingot"

# NAME

ingot - keeps a server's gold images as its manifest says, copying from the servers it subscribes to

# SYNOPSIS

*ingot* COMMAND [OPTIONS]++
*ingot* COMMAND *--help*

# DESCRIPTION

Every site runs a server: a folder of images and one TOML manifest in git. *ingot plan* compares the manifest with what was
applied last and with the catalogs that peers publish over HTTP; *ingot apply* registers, adds, copies and removes until reality
is what the manifest says. There is no daemon: what a server offers is a folder of static files. *ingot init* begins, *ingot schema
manifest* describes the manifest.

# COMMANDS

)";

constexpr std::string_view ending = R"(
# FILES

_ingot.toml_
	the manifest, in the current folder or as *-f* says

_store_, _state_, _keys_
	beside it, unless its [server] says otherwise: the images, what was applied, the private keys

# SEE ALSO

*systemd.timer*(5), *curl*(1), *zstd*(1), *tar*(1)
)";

}  // namespace

std::string man_page() {
  std::string out(beginning);
  for (const auto& page : help_pages()) put_page(page, out);
  out += "# OPTIONS OF EVERY COMMAND\n\n";
  put_option_list(options_everywhere(), out);
  std::string_view codes = help_exit_codes();
  codes.remove_prefix(std::string_view("Exit codes: ").size());
  out += "# EXIT STATUS\n\n" + escaped(codes) + "\n# ENVIRONMENT\n\n";
  put_option_list(environment_variables(), out);
  return out.append(ending);
}

}  // namespace ingot::options
