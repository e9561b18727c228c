#include "reconciler/transfer/acl_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ingot::acl_text_test {
namespace {

TEST(acl_text, is_sorted_and_numeric) {
  // As setfacl -m u:1234:r,u:7:rw,g:77:rx leaves it, its users in another order.
  const std::string attribute =
      *transfer::acl_attribute_of("user::rw-,user:7:rw-,user:1234:r--,group::r--,group:77:r-x,mask::rwx,other::r--");
  std::string shuffled = attribute.substr(0, 12) + attribute.substr(20, 8) + attribute.substr(12, 8) + attribute.substr(28);
  EXPECT_NE(shuffled, attribute);
  EXPECT_EQ(transfer::acl_text_of(shuffled), transfer::acl_text_of(attribute));
  EXPECT_EQ(transfer::acl_text_of(attribute), "user::rw-,user:7:rw-,user:1234:r--,group::r--,group:77:r-x,mask::rwx,other::r--");
}

TEST(acl_text, refuses_other_forms) {
  for (const char* text :
       {"", "user::rw-,", "user::rw-,user::rw-", "other::r--,user::rw-", "user:x:rw-", "user:07:rw-", "user::rwX", "user::wr-",
        "user:4294967296:r--", "owner::rwx", "user::rw-\ngroup::r--", "user::rw", ":::"}) {
    EXPECT_FALSE(transfer::acl_attribute_of(text)) << text;
  }
  EXPECT_FALSE(transfer::acl_text_of(""));
  EXPECT_FALSE(transfer::acl_text_of(std::string("\3\0\0\0", 4)));
  EXPECT_FALSE(transfer::acl_text_of(std::string("\2\0\0\0\1", 5)));
}

RC_GTEST_PROP(acl_text, takes_any_attribute_without_harm, ()) {
  auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  bytes = std::string("\2\0\0\0", 4) + bytes;
  if (const auto text = transfer::acl_text_of(bytes); text && !text->empty()) {
    if (const auto attribute = transfer::acl_attribute_of(*text)) RC_ASSERT(transfer::acl_text_of(*attribute) == text);
  }
}

}  // namespace
}  // namespace ingot::acl_text_test
