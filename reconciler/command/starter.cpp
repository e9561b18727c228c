#include "reconciler/command/starter.hpp"

#include <fmt/format.h>

#include "schema/text/url.hpp"

namespace ingot::command {

namespace {

constexpr std::string_view manifest_begin =
    R"(# What this server offers and what it wants from its peers. "ingot plan" shows what would change.
# For help while typing: "ingot schema manifest > manifest.schema.json", and this as the first line:
#   #:schema manifest.schema.json
manifest = 1

[server]
)";

constexpr std::string_view manifest_end = R"(
# An image that is made here: a file or a folder, taken in once and then published.
# [[image]]
# name   = "db19_24"
# type   = "ORACLEDBSOFTWARE"
# source = "/stage/db19.24"
# parent = "db19_23"

# An ordered list of images; the last is the latest.
# [[series]]
# name   = "db19"
# images = ["db19_23", "db19_24"]

# Another server, introduced by its card (its owner runs "ingot card").
# [[peer]]
# name = "fpps-2"
# card = "peers/fpps-2.card.toml"

# What to copy from it: all = true, image = "…" (what descends from it), series = "…" or imagetype = "…".
# [[subscription]]
# peer   = "fpps-2"
# series = "db19"
# since  = "start"      # without it: only what comes from now on

# Images unpacked in a folder, with a link to the newest of them.
# [[export]]
# name   = "db19-home"
# series = "db19"
# to     = "/u01/gold"
# link   = "current"

# [limits]
# max_bytes = "500 GB"  # fetched in one run
# bandwidth = "200 MB/s"
)";

/// `path` as a line of .gitignore in `folder`; "" if it lies elsewhere.
std::string ignored(const std::string& path, const std::string& folder) {
  std::string_view rest = path;
  const std::string prefix = folder == "." ? "./" : folder + "/";
  if (rest.starts_with(prefix))
    rest.remove_prefix(prefix.size());
  else if (folder != "." || rest.starts_with('/'))
    return "";
  return rest.empty() || rest.starts_with("..") ? "" : fmt::format("/{}\n", rest);
}

}  // namespace

std::string starter_manifest(const ServerName& name, const std::optional<std::string>& url) {
  std::string text(manifest_begin);
  text += fmt::format("name = \"{}\"\n", name.text());
  text += url ? fmt::format("url  = \"{}\"  # where a web server offers store/public to peers\n", *url)
              : std::string("# url = \"https://gold.example.net/\"  # where a web server offers store/public to peers\n");
  return text + std::string(manifest_end);
}

std::string starter_gitignore(const ServerSection& server, const std::string& folder) {
  std::string text = "# Private keys and bytes never belong into git.\n";
  const bool in_database = is_database_url(server.state);
  const auto slash = server.state.find_last_of('/');
  const std::string state = in_database                  ? server.cache + "/"
                            : slash == std::string::npos ? server.state
                                                         : server.state.substr(0, slash) + "/";
  text += ignored(server.keys + "/", folder) + ignored(server.store + "/", folder) + ignored(state, folder);
  return text;
}

}  // namespace ingot::command
