// What every Transport must do for a tree that is served well. A test program that links transport_contract.cpp adds an
// implementation by one line:
//   INSTANTIATE_TEST_SUITE_P(curl_http, transport_contract, testing::Values(TransportMaker{"curl_http", make_it}));
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "reconciler/io/net/transport.hpp"

namespace ingot::testing_support {

/// A transport together with what serves the tree to it.
class ServedTree {
 public:
  virtual ~ServedTree() = default;
  virtual io::PeerTransport& peer() = 0;
  virtual bool knows_conditions() const = 0;  ///< answers 304; a disk does not
};

struct TransportMaker {
  const char* name;
  std::function<std::unique_ptr<ServedTree>(const std::map<std::string, std::string>& tree)> make;
};
inline void PrintTo(const TransportMaker& maker, std::ostream* out) { *out << maker.name; }

class transport_contract : public testing::TestWithParam<TransportMaker> {};

}  // namespace ingot::testing_support
