#include "reconciler/command/version.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "commit.hpp"
#include "reconciler/io/git/repository.hpp"
#include "reconciler/io/net/curl_transport.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/transfer/pack.hpp"
#include "state/engine/postgres_connection.hpp"
#include "state/engine/sqlite.hpp"

namespace ingot::command {

Version this_version() {
  const io::CurlBuild curl = io::curl_build();
  Version version{.version = INGOT_VERSION, .commit = INGOT_COMMIT, .features = curl.features, .libraries = {}};
  version.libraries = {{"SQLite", state::sqlite_version()},
                       {"libcurl", curl.version},
                       {"libgit2", io::libgit2_version()},
                       {"libpq", state::libpq_version()},
                       {"zstd", transfer::zstd_version()}};
  const auto slash = curl.tls.find('/');
  if (slash != std::string::npos)
    version.libraries.insert(version.libraries.begin(), {curl.tls.substr(0, slash), curl.tls.substr(slash + 1)});
  std::sort(version.features.begin(), version.features.end());
  return version;
}

void show_version(const Version& version, const show::Style&, show::Output& out) {
  out.print("ingot {}{}\n", version.version, version.commit.empty() ? "" : fmt::format(" (commit {})", version.commit));
  out.print("peers by: {}\n", fmt::join(version.features, ", "));
  std::vector<std::string> libraries;
  for (const auto& library : version.libraries) libraries.push_back(library.name + " " + library.version);
  out.print("with: {}\n", fmt::join(libraries, ", "));
}

void show_version_json(const Version& version, show::Output& out) {
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.version/1");
  json.member("version", version.version);
  json.member_or_null("commit", version.commit);
  json.values("features", version.features, [&](const auto& feature) { return feature; });
  json.objects_in_line("libraries", version.libraries, [&](const auto& library) {
    json.member("name", library.name);
    json.member("version", library.version);
  });
  json.end_object();
  json.finish();
}

}  // namespace ingot::command
