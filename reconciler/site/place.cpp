#include "reconciler/site/place.hpp"

#include "reconciler/io/net/credentials.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot::site {

state::Place place_of(const ServerSection& server) {
  return {.where = server.state,
          .server = server.name.text(),
          .password = server.state_password_file ? io::read_state_password(*server.state_password_file) : ""};
}

std::string state_folder(const ServerSection& server) {
  return is_database_url(server.state) ? server.cache : parent_folder(server.state);
}

std::string lock_path(const ServerSection& server) { return state_folder(server) + "/lock"; }

}  // namespace ingot::site
