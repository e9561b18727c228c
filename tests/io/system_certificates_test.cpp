#include "reconciler/io/net/system_certificates.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::system_certificates_test {
namespace {

struct system_certificates : testing::Test {
  testing_support::TestFolder root;
  void put(const std::string& path) {
    std::filesystem::create_directories(std::filesystem::path(root.path() + path).parent_path());
    testing_support::write_text(root.path() + path, "PEM");
  }
};

TEST_F(system_certificates, are_found_where_each_distribution_has_them) {
  EXPECT_EQ(io::certificates_elsewhere(root.path()), "");
  for (const char* path : {"/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                           "/etc/pki/tls/certs/ca-bundle.crt"}) {
    put(path);
    EXPECT_EQ(io::certificates_elsewhere(root.path()), root.path() + path);
  }
}

TEST_F(system_certificates, are_left_to_the_libraries_where_these_look_themselves) {
  put("/etc/pki/tls/certs/ca-bundle.crt");
  put("/etc/ssl/certs/ca-certificates.crt");
  EXPECT_EQ(io::certificates_elsewhere(root.path()), "");
}

}  // namespace
}  // namespace ingot::system_certificates_test
