// The contract of stores against a real one, and against the fake that other tests let fail.
#include "tests/contracts/bucket_contract.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/swift_store.hpp"

namespace ingot::testing_support {
namespace {

StoreUnderTest fake_store() {
  auto store = std::make_shared<FakeStore>();
  store->make_bucket("gold");
  return {.address = store->address(), .key = store->key(), .store = store};
}

StoreUnderTest swift_store() {
  SwiftStore& store = swift();
  if (!store.why_not().empty()) return {.address = "", .key = {}, .why_not = store.why_not()};
  store.make_bucket("gold");
  return {.address = store.address(), .key = store.key()};
}

INSTANTIATE_TEST_SUITE_P(fake, bucket_contract, testing::Values(StoreMaker{"fake", fake_store}));
INSTANTIATE_TEST_SUITE_P(swift, bucket_contract, testing::Values(StoreMaker{"swift", swift_store}));

}  // namespace
}  // namespace ingot::testing_support
