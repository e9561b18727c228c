// Real S3-compatible stores on loopback, each ended with the program that started it: OpenStack Swift (swift_store.py), and
// Ceph's radosgw (rgw_store) with INGOT_FULL=1.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reconciler/io/net/credentials.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {

class RealStore {
 public:
  virtual ~RealStore() = default;
  /// Why it did not start; "": it did.
  const std::string& why_not() const { return why_not_; }
  const std::string& address() const { return address_; }  ///< without a slash at its end
  virtual io::AccessKey key() const = 0;
  /// Makes a bucket; a public one is read without a key below public_url().
  virtual void make_bucket(const std::string& name, bool is_public = false) const = 0;
  virtual std::string public_url(const std::string& bucket) const = 0;

 protected:
  /// Waits until it answers: then the program writes its address to FOLDER/address. Nothing is started if there is a reason
  /// `why_not`.
  RealStore(std::vector<std::string> program, std::string why_not);

 private:
  TestFolder folder_;
  std::unique_ptr<Running> process_;
  std::string address_;
  std::string why_not_;
};

/// One of each for all tests of a program, started when it is first asked for.
RealStore& swift();
RealStore& radosgw();

}  // namespace ingot::testing_support
