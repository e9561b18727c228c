// One server of a scenario: a folder with a manifest, driven through the built binary as an operator drives it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/nginx.hpp"
#include "tests/support/process.hpp"

namespace ingot::scenarios {

using Json = nlohmann::json;
using testing_support::Ran;

class Site {
 public:
  /// Makes `folder`/`name`, runs `ingot init`, and serves its store/public by nginx. `server`: more lines of [server].
  Site(const std::string& folder, const std::string& name, const std::string& server = "");

  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }
  testing_support::Nginx& web() { return *web_; }
  std::string card() const;  ///< path of server.card.toml
  std::string public_folder() const { return path_ + "/store/public"; }
  std::string identity() const;  ///< "sha256:…" as its card says

  /// Other lines of [server], for the next manifest().
  void set_server_lines(const std::string& server) { server_ = server; }
  /// Writes ingot.toml: the [server] section and then `entries`.
  void manifest(const std::string& entries);
  /// Text of a [[peer]] entry for another site; `more`: further lines of it.
  static std::string peer(const Site& other, const std::string& more = "", const std::string& name = "");
  /// A file image of these bytes under sources/; gives its [[image]] entry, `more` as further lines of it.
  std::string file_image(const std::string& image, const std::string& bytes, const std::string& more = "");
  /// A tree image with these files (path → text).
  std::string tree_image(const std::string& image, const std::vector<std::pair<std::string, std::string>>& files,
                         const std::string& more = "");

  Ran ingot(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {}) const;
  /// plan --json; fails the test unless it exits with `exit`.
  Json plan(int exit = 0, const std::vector<std::string>& more = {}) const;
  /// apply --yes --json: the closing result; fails the test unless it exits with `exit`.
  Json apply(int exit = 0, const std::vector<std::string>& more = {}) const;
  Json query(const std::vector<std::string>& what, int exit = 0) const;

 private:
  std::string name_;
  std::string path_;
  std::string server_;
  std::unique_ptr<testing_support::Nginx> web_;
};

/// "verb address" of each action of a plan, in order, e.g. "copy copy.oslo.db19".
std::vector<std::string> actions(const Json& plan);
/// "code address" of each entry of a list of the plan ("blocked", "held", "notes").
std::vector<std::string> entries(const Json& plan, const std::string& list);
/// The action with this address; fails the test if there is none.
Json action(const Json& plan, const std::string& address);

}  // namespace ingot::scenarios
