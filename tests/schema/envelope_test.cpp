// The envelope: exact base64, bounded signatures, bytes that are signed.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schema/catalog/root.hpp"
#include "schema/text/base64.hpp"

namespace ingot::envelope_test {
namespace {

Envelope some_envelope(std::size_t signatures = 1) {
  Envelope envelope{.payload_type = "application/x", .payload = "hello\n", .signatures = {}};
  for (std::size_t i = 0; i < signatures; ++i)
    envelope.signatures.push_back({.key_id = "k" + std::to_string(i), .bytes = std::string(64, 's')});
  return envelope;
}

std::string fault(std::string text) {
  const auto parsed = parse_envelope(text);
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

TEST(base64, knows_the_vectors_of_rfc_4648) {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(base64, refuses_every_other_text_for_the_same_bytes) {
  for (const std::string bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n", " Zg==", "Zg==Zg==", "Z===", "====", "=", "Zm8-", "Zm8_",
                                "Zm 8", "Zg=a", "Zm9v\n"}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

RC_GTEST_PROP(base64, brings_back_any_bytes, (const std::string& bytes)) { RC_ASSERT(from_base64(to_base64(bytes)) == bytes); }

TEST(envelope, reads_what_it_wrote) {
  for (const std::size_t signatures : {1U, 2U, 16U}) {
    EXPECT_EQ(parse_envelope(write_envelope(some_envelope(signatures))),
              (std::variant<Envelope, Malformed>(some_envelope(signatures))));
  }
}

TEST(envelope, signs_the_bytes_that_dsse_says) {
  EXPECT_EQ(signed_bytes("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(signed_bytes("", ""), "DSSEv1 0  0 ");
}

TEST(envelope, A4_holds_1_to_16_signatures) {
  EXPECT_EQ(fault(write_envelope(some_envelope(0))), "\"signatures\" holds 0 signatures, not 1 to 16");
  EXPECT_EQ(fault(write_envelope(some_envelope(17))), "\"signatures\" holds 17 signatures, not 1 to 16");
}

TEST(envelope, C7_refuses_a_second_payload) {
  EXPECT_EQ(fault(R"({"payload":"aGk=","payload":"aG8=","payloadType":"t","signatures":[{"sig":"aGk="}]})"),
            "\"payload\" stands there twice");
}

TEST(envelope, needs_no_key_id) {
  EXPECT_EQ(fault(R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"aGk="}]})"), "");
  EXPECT_NE(fault(R"({"payload":"aGk=","payloadType":"t","signatures":[{"sig":"aGk=","keyid":7}]})"), "");
}

TEST(envelope, refuses_other_shapes) {
  for (const std::string bad :
       {R"([])", R"({})", R"({"payload":"aGk=","payloadType":"t"})", R"({"payload":"aGk=","payloadType":"t","signatures":{}})",
        R"({"payload":"aGk","payloadType":"t","signatures":[{"sig":"aGk="}]})",
        R"({"payload":1,"payloadType":"t","signatures":[{"sig":"aGk="}]})",
        R"({"payload":"aGk=","payloadType":"t","signatures":["aGk="]})",
        R"({"payload":"aGk=","payloadType":"t","signatures":[{"keyid":"x"}]})",
        R"({"payload":"aGk=","payloadType":null,"signatures":[{"sig":"aGk="}]})", "<html></html>", ""}) {
    EXPECT_NE(fault(bad), "") << bad;
  }
}

TEST(envelope, is_bounded) { EXPECT_EQ(fault(std::string(128 * 1024 + 1, ' ')), "is longer than 128 KiB"); }

}  // namespace
}  // namespace ingot::envelope_test
