// A real S3-compatible store on loopback: OpenStack Swift (swift_store.py); ended when this goes.
#pragma once

#include <memory>
#include <string>

#include "reconciler/io/net/credentials.hpp"
#include "schema/manifest/upload.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {

class SwiftStore {
 public:
  /// Waits until it answers.
  SwiftStore();
  /// Why it did not start; "": it did.
  const std::string& why_not() const { return why_not_; }
  const std::string& address() const { return address_; }  ///< without a slash at its end
  io::AccessKey key() const { return {.id = "test:tester", .secret = "testing", .session = ""}; }
  /// Makes a bucket; a public one is read without a key below public_url().
  void make_bucket(const std::string& name, bool is_public = false) const;
  std::string public_url(const std::string& bucket) const { return address_ + "/v1/AUTH_test/" + bucket + "/"; }

 private:
  TestFolder folder_;
  std::unique_ptr<Running> process_;
  std::string address_;
  std::string why_not_;
};

/// One for all tests of a program, started when it is first asked for.
SwiftStore& swift();

}  // namespace ingot::testing_support
