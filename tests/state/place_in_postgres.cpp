// The engine of state_postgres_test.
#include <stdexcept>

#include "tests/state/state_fixture.hpp"
#include "tests/support/postgres_server.hpp"

namespace ingot {

state::Place place_for_a_state(const testing_support::TestFolder&) {
  static int number = 0;
  const testing_support::PostgresServer& server = testing_support::postgres();
  if (!server.why_not().empty()) throw std::runtime_error(server.why_not());
  return {.where = server.url(), .server = "s" + std::to_string(++number), .password = ""};
}

}  // namespace ingot
