// The man page ingot(1).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/options/help.hpp"

namespace ingot::options {

namespace {

/// Without what scdoc would take for markup.
std::string escaped(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (std::string_view("\\_*`<>#.").find(c) != std::string_view::npos) plain += '\\';
    plain += c;
  }
  return plain;
}

std::string bold(std::string_view text) { return "*" + escaped(text) + "*"; }

void put_literal(const std::vector<std::string>& lines, std::string& out) {
  out += fmt::format("```\n{}\n```\n\n", fmt::join(lines, "\n"));
}

void put_term(const std::vector<std::string>& names, std::string_view placeholder, std::string_view text, std::string& out) {
  std::vector<std::string> marked;
  for (const auto& name : names) marked.push_back(bold(name));
  out += fmt::format("{}{}{}\n\t{}\n\n", fmt::join(marked, ", "), placeholder.empty() ? "" : " ", escaped(placeholder),
                     escaped(text));
}

void put_option_list(const std::vector<Option>& options, std::string& out) {
  for (const auto& option : options) put_term(option.flags, option.placeholder, option.text, out);
}

void put_terms(const std::vector<Described>& list, std::string& out) {
  for (const auto& one : list) put_term(one.names, "", one.text, out);
}

void put_command(const CommandEntry& command, std::string& out) {
  out += fmt::format("## ingot {} - {}\n\n", escaped(command.name), escaped(command.summary));
  std::vector<std::string> usage;
  for (const auto& form : command.forms) usage.push_back(form.usage());
  put_literal(usage, out);
  for (const auto& paragraph : paragraphs_of(command.text)) {
    if (stays_as_it_is(paragraph))
      put_literal({paragraph}, out);
    else
      out += escaped(paragraph) + "\n\n";
  }
  for (const auto& group : option_groups(command)) {
    if (!group.verbs.empty()) out += escaped(title_of(group)) + ":\n\n";
    put_option_list(group.options, out);
  }
  put_literal(paragraphs_of(command.examples), out);
}

constexpr std::string_view beginning = R"(ingot(1) "" "ingot"

# NAME

ingot - keeps the gold images of a server as its manifest says

# SYNOPSIS

*ingot* COMMAND [OPTIONS]++
*ingot* COMMAND *--help*

# DESCRIPTION

Every site runs a server: a folder of images and one TOML manifest in git. *ingot plan* compares the manifest with what was
applied last and with the catalogs that peers publish over HTTP. *ingot apply* registers, adds, copies and removes until the
server is as the manifest says. There is no daemon: a server publishes a folder of static files. *ingot init* creates a server.
*ingot schema manifest* prints the JSON Schema of the manifest.

# COMMANDS

)";

constexpr std::string_view ending = R"(
# FILES

_ingot.toml_
	the manifest, in the current folder or where *-f* says

_store_, _state_, _keys_
	beside the manifest, unless its [server] names other folders: the images, what was applied, the private keys

# SEE ALSO

*systemd.timer*(5), *curl*(1), *zstd*(1), *tar*(1)
)";

}  // namespace

std::string man_page() {
  std::string out(beginning);
  for (const auto& command : command_table()) put_command(command, out);
  out += "# GLOBAL OPTIONS\n\n";
  put_option_list(global_options(), out);
  out += "# EXIT STATUS\n\n";
  put_terms(exit_codes(), out);
  out += "# ENVIRONMENT\n\n";
  put_terms(environment_variables(), out);
  return out.append(ending);
}

}  // namespace ingot::options
