// The rows once more by the program that operators run.
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

INSTANTIATE_TEST_SUITE_P(by, attacks, testing::Values(Way::process), [](const auto&) { return std::string("program"); });

}  // namespace
}  // namespace ingot::attacks
