// Whether a head is verified: type, signatures, identity (A1-A4, A9, A11, A17).
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/trust/signed_things.hpp"

namespace ingot::head_test {
namespace {

const Server& one() {
  static const Server server("one");
  return server;
}
const Server& two() {
  static const Server server("two");
  return server;
}

std::string verdict(const std::string& bytes, const Root& root = one().root) {
  return code_of(trust::verify_head(bytes, one().id, root));
}

/// An envelope of `payload` with these signatures under the catalog's key or others.
std::string envelope(const std::string& payload, const std::vector<const trust::PrivateKey*>& keys,
                     std::string_view type = head_payload_type) {
  return write_envelope(trust::sign_envelope(type, payload, keys));
}

TEST(head_trust, takes_a_signed_head) {
  const auto verified = trust::verify_head(one().sign(one().head(7)), one().id, one().root);
  ASSERT_TRUE(std::holds_alternative<Head>(verified));
  EXPECT_EQ(std::get<Head>(verified), one().head(7));
}

TEST(head_trust, A1_refuses_every_bit_flip_of_the_payload) {
  Envelope signed_head = trust::sign_envelope(head_payload_type, write_head(one().head(7)), {&one().catalog_key});
  for (std::size_t bit = 0; bit < signed_head.payload.size() * 8; ++bit) {
    char& byte = signed_head.payload[bit / 8];
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
    EXPECT_EQ(verdict(write_envelope(signed_head)), "bad-signature") << bit;
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  }
}

TEST(head_trust, A1_refuses_every_bit_flip_of_the_signature) {
  Envelope signed_head = trust::sign_envelope(head_payload_type, write_head(one().head(7)), {&one().catalog_key});
  std::string& signature = signed_head.signatures[0].bytes;
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(verdict(write_envelope(signed_head)), "bad-signature") << bit;
    signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(head_trust, A1_never_reads_another_head_from_a_flipped_file) {
  const std::string served = one().sign(one().head(7));
  for (std::size_t bit = 0; bit < served.size() * 8; ++bit) {
    std::string flipped = served;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto verified = trust::verify_head(flipped, one().id, one().root);
    if (const auto* head = std::get_if<Head>(&verified)) { EXPECT_EQ(*head, one().head(7)) << bit; }
  }
}

TEST(head_trust, A1_refuses_no_signature_and_unknown_signers) {
  const std::string payload = write_head(one().head(7));
  EXPECT_EQ(verdict(envelope(payload, {})), "not-a-head");
  EXPECT_EQ(verdict(envelope(payload, {&two().catalog_key})), "bad-signature");
  EXPECT_EQ(verdict(envelope(payload, {&one().root_key})), "bad-signature");
  EXPECT_EQ(verdict(envelope(payload, {&two().catalog_key, &one().catalog_key})), "");
}

TEST(head_trust, A1_refuses_another_servers_head) {
  EXPECT_EQ(verdict(two().sign(two().head(7))), "bad-signature");
  EXPECT_EQ(verdict(one().sign(two().head(7))), "wrong-server");
}

TEST(head_trust, A1_refuses_a_signature_over_another_type) {
  const std::string payload = write_head(one().head(7));
  EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key}, root_payload_type)), "not-a-head");
  EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key}, "application/json")), "not-a-head");
  Envelope renamed = trust::sign_envelope(root_payload_type, payload, {&one().catalog_key});
  renamed.payload_type = head_payload_type;
  EXPECT_EQ(verdict(write_envelope(renamed)), "bad-signature");
}

TEST(head_trust, A1_refuses_a_root_in_place_of_a_head) {
  EXPECT_EQ(verdict(one().sign_root(one().root)), "not-a-head");
  EXPECT_EQ(verdict(envelope(write_root(one().root), {&one().catalog_key})), "malformed");
}

Root with_catalog(std::uint32_t threshold, const std::vector<PublicKey>& keys) {
  Root root = one().root;
  root.catalog = {.threshold = threshold, .keys = keys};
  return root;
}

TEST(head_trust, A2_counts_a_key_once) {
  const std::string payload = write_head(one().head(7));
  const Root both = with_catalog(2, {one().catalog_key.public_key(), two().catalog_key.public_key()});
  EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key, &two().catalog_key}), both), "");
  EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key, &one().catalog_key}), both), "bad-signature");
  Envelope other_hint = trust::sign_envelope(head_payload_type, payload, {&one().catalog_key, &one().catalog_key});
  other_hint.signatures[1].key_id = trust::key_id(two().catalog_key.public_key());
  EXPECT_EQ(verdict(write_envelope(other_hint), both), "bad-signature");
}

TEST(head_trust, A2_counts_by_the_keys_bytes_whatever_the_root_lists) {
  const std::string payload = write_head(one().head(7));
  const Root twice = with_catalog(2, {one().catalog_key.public_key(), one().catalog_key.public_key()});
  EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key}), twice), "bad-signature");
  EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key, &one().catalog_key}), twice), "bad-signature");
}

TEST(head_trust, A2_ignores_the_hint) {
  Envelope signed_head = trust::sign_envelope(head_payload_type, write_head(one().head(7)), {&one().catalog_key});
  signed_head.signatures[0].key_id = "somebody else";
  EXPECT_EQ(verdict(write_envelope(signed_head)), "");
}

TEST(head_trust, A3_accepts_no_threshold_of_zero_or_beyond_the_keys) {
  const std::string head = one().sign(one().head(7));
  EXPECT_EQ(verdict(head, with_catalog(0, {one().catalog_key.public_key()})), "bad-signature");
  EXPECT_EQ(verdict(head, with_catalog(0, {})), "bad-signature");
  EXPECT_EQ(verdict(head, with_catalog(2, {one().catalog_key.public_key()})), "bad-signature");
  EXPECT_EQ(verdict(head, with_catalog(2147483648U, {one().catalog_key.public_key()})), "bad-signature");
}

TEST(head_trust, A4_looks_at_no_more_than_16_signatures) {
  const std::string payload = write_head(one().head(7));
  std::vector<const trust::PrivateKey*> keys(15, &two().catalog_key);
  keys.push_back(&one().catalog_key);
  EXPECT_EQ(verdict(envelope(payload, keys)), "");
  keys.insert(keys.begin(), &two().catalog_key);
  EXPECT_EQ(verdict(envelope(payload, keys)), "not-a-head");
  Envelope many = trust::sign_envelope(head_payload_type, payload, {&one().catalog_key});
  many.signatures.resize(5000, many.signatures[0]);
  EXPECT_FALSE(trust::signed_by(one().root.catalog, many));
  EXPECT_EQ(verdict(write_envelope(many)), "not-a-head");
  many.signatures.assign(2000, {.key_id = "", .bytes = ""});
  EXPECT_EQ(verdict(write_envelope(many)), "not-a-head");
}

TEST(head_trust, A10_refuses_odd_serials_at_parsing) {
  for (const std::string bad : {"9007199254740992", "1e3", "1.0", "-1", "0", "\"7\""}) {
    std::string payload = write_head(one().head(7));
    payload.replace(payload.find("\"serial\":7"), 10, "\"serial\":" + bad);
    EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key})), "malformed") << bad;
  }
}

TEST(head_trust, A11_refuses_a_head_of_another_epoch_than_the_root) {
  Head head = one().head(7);
  head.epoch = 2;
  EXPECT_EQ(verdict(one().sign(head)), "wrong-epoch");
  Root root = one().root;
  root.epoch = 2;
  EXPECT_EQ(verdict(one().sign(one().head(7)), root), "wrong-epoch");
  EXPECT_EQ(verdict(one().sign(head), root), "");
}

TEST(head_trust, A17_refuses_a_server_name_that_is_a_path) {
  for (const std::string bad : {"../x", "..", "a/b", "", "\\u0000", "a.b"}) {
    std::string payload = write_head(one().head(7));
    payload.replace(payload.find("fpps-1"), 6, bad);
    EXPECT_EQ(verdict(envelope(payload, {&one().catalog_key})), "malformed") << bad;
  }
}

TEST(head_trust, C11_says_that_a_newer_format_needs_an_upgrade) {
  std::string payload = write_head(one().head(7));
  payload.replace(payload.find("ingot.head/1"), 12, "ingot.head/2");
  const auto verified = trust::verify_head(envelope(payload, {&one().catalog_key}), one().id, one().root);
  ASSERT_TRUE(std::holds_alternative<trust::Distrust>(verified));
  EXPECT_NE(std::get<trust::Distrust>(verified).why.find("upgrade"), std::string::npos);
}

TEST(head_trust, R19_takes_nothing_a_web_page_or_a_cut_body_for_no_answer) {
  const std::string served = one().sign(one().head(7));
  for (const std::string other :
       {"", " \r\n", "<!DOCTYPE html><html></html>", "\n  <html>", "\xEF\xBB\xBF<html>", "{", "{\"payload\":\"abc"}) {
    EXPECT_EQ(verdict(other), "not-ours") << other;
  }
  for (std::size_t length = 0; length + 2 < served.size(); ++length)
    EXPECT_EQ(verdict(served.substr(0, length)), "not-ours") << length;
}

TEST(head_trust, R19_distrusts_anything_else_that_is_served_as_a_head) {
  for (const std::string other :
       {"[]", "{}", "{\"error\":\"not found\"}", "404 not found", "null", "{\"a\":}", "{\"payload\":\"\"}}", "\x1f\x8b\x08",
        "\"{\"", "{\"payload\":\"aGk=\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"\"}]}"}) {
    EXPECT_EQ(verdict(other), "not-a-head") << other;
  }
}

TEST(head_trust, distrust_shows_no_raw_bytes_of_the_peer) {
  const auto verified =
      trust::verify_head(envelope(write_head(one().head(7)), {&one().catalog_key}, "x\x7f"), one().id, one().root);
  ASSERT_TRUE(std::holds_alternative<trust::Distrust>(verified));
  EXPECT_EQ(std::get<trust::Distrust>(verified).why.find('\x7f'), std::string::npos);
}

}  // namespace
}  // namespace ingot::head_test
