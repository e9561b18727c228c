// The rows in this process, over http and https.
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

std::string name_of(const testing::TestParamInfo<Way>& way) { return way.param == Way::here ? "http" : "https"; }

INSTANTIATE_TEST_SUITE_P(over, attacks, testing::Values(Way::here, Way::here_tls), name_of);

}  // namespace
}  // namespace ingot::attacks
