// The engine of state_test.
#include "tests/state/state_fixture.hpp"

namespace ingot {

state::Place place_for_a_state(const testing_support::TestFolder& folder) {
  return {.where = folder.path() + "/ingot.db", .server = "here", .password = ""};
}

}  // namespace ingot
