#include "schema/text/url.hpp"

#include <gtest/gtest.h>

namespace ingot::url_test {
namespace {

TEST(url, is_https_http_or_file) {
  for (const char* good :
       {"https://gold.example.net/", "https://gold.example.net", "https://gold.example.net:8443/a/b%20c/", "http://10.0.0.1/",
        "https://[2001:db8::1]:443/", "file:///mnt/stick", "file:///", "https://xn--gld-sna.example/"}) {
    EXPECT_EQ(why_not_a_url(good), std::nullopt) << good;
  }
  for (const char* bad : {"",
                          "gold.example.net",
                          "HTTPS://x/",
                          "ftp://x/",
                          "gopher://x/",
                          "javascript:x",
                          "//x/",
                          "https:/x",
                          "https://",
                          "https:///x",
                          "https://x:0/",
                          "https://x:65536/",
                          "https://x:/",
                          "https://x:1a/",
                          "https://u@x/",
                          "https://u:p@x/",
                          "https://x/?q",
                          "https://x/#f",
                          "https://x/a b",
                          "https://x/\n",
                          "https://x\\y/",
                          "https://[::1/",
                          "https://[]/",
                          "https://x/../y",
                          "https://x/..",
                          "https://x/%2",
                          "file://host/x",
                          "file://",
                          "file:/x",
                          "https://\xc3\xb6/"}) {
    EXPECT_TRUE(why_not_a_url(bad)) << bad;
  }
  EXPECT_EQ(why_not_a_url("https://x/" + std::string(longest_url - 10, 'a')), std::nullopt);
  EXPECT_TRUE(why_not_a_url("https://x/" + std::string(longest_url - 9, 'a')));
}

TEST(url, is_open_where_plain_http_leaves_the_machine) {
  for (const char* open :
       {"http://gold.example.net/", "http://127.1/", "http://0x7f.0.0.1/", "http://2130706433/", "http://127.0.0.1.example.net/",
        "http://localhost.example.net/", "http://0127.0.0.1/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://128.0.0.1/",
        "http://127.0.0.256/", "http://127.0.0.1./", "http://127.corp.example/", "http://xlocalhost/"}) {
    EXPECT_TRUE(is_open_http(open)) << open;
  }
  for (const char* closed :
       {"https://gold.example.net/", "file:///x", "http://localhost/", "http://localhost:8080/x", "http://gold.localhost/",
        "http://127.0.0.1/", "http://127.255.0.9:1/", "http://[::1]/", "http://[::1]:80/"}) {
    EXPECT_FALSE(is_open_http(closed)) << closed;
  }
}

TEST(url, has_an_address_or_a_name) {
  for (const char* url : {"https://10.0.0.7", "http://127.0.0.1:9000", "http://[::1]:9000/x", "https://127.1"})
    EXPECT_TRUE(has_address(url)) << url;
  for (const char* url : {"https://s3.example.net", "https://s3.7.example.net:9000", "http://localhost:80/7", "https://s3.test7"})
    EXPECT_FALSE(has_address(url)) << url;
}

TEST(url, ends_with_a_slash) {
  EXPECT_EQ(with_slash("https://x"), "https://x/");
  EXPECT_EQ(with_slash("https://x/"), "https://x/");
}

}  // namespace
}  // namespace ingot::url_test
