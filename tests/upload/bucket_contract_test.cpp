// The contract of stores against real ones, and against the fake that other tests let fail.
#include "tests/contracts/bucket_contract.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/real_store.hpp"

namespace ingot::testing_support {
namespace {

StoreUnderTest fake_store() {
  auto store = std::make_shared<FakeStore>();
  store->make_bucket("gold");
  return {.address = store->address(), .key = store->key(), .store = store};
}

StoreUnderTest real_store(const RealStore& store) {
  if (!store.why_not().empty()) return {.address = "", .key = {}, .why_not = store.why_not()};
  store.make_bucket("gold");
  return {.address = store.address(), .key = store.key()};
}

INSTANTIATE_TEST_SUITE_P(fake, bucket_contract, testing::Values(StoreMaker{"fake", fake_store}));
INSTANTIATE_TEST_SUITE_P(swift, bucket_contract, testing::Values(StoreMaker{"swift", [] { return real_store(swift()); }}));

INSTANTIATE_TEST_SUITE_P(radosgw, bucket_contract, testing::Values(StoreMaker{"radosgw", [] { return real_store(radosgw()); }}));

}  // namespace
}  // namespace ingot::testing_support
