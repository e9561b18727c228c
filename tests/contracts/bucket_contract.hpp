// What every store that ingot uploads to must do, real or fake. A test program that links bucket_contract.cpp adds a store by one
// line:
//   INSTANTIATE_TEST_SUITE_P(swift, bucket_contract, testing::Values(StoreMaker{"swift", make_it}));
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "reconciler/io/net/credentials.hpp"

namespace ingot::testing_support {

/// A store with a bucket "gold" in it.
struct StoreUnderTest {
  std::string address;
  io::AccessKey key;
  std::string why_not = {};               ///< why there is none here; "": there is
  std::shared_ptr<void> store = nullptr;  ///< what keeps it alive
};

struct StoreMaker {
  const char* name;
  std::function<StoreUnderTest()> make;
};
inline void PrintTo(const StoreMaker& maker, std::ostream* out) { *out << maker.name; }

class bucket_contract : public testing::TestWithParam<StoreMaker> {};

}  // namespace ingot::testing_support
