// Ed25519 as RFC 8032 says, and the corners that it leaves open.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "schema/error.hpp"
#include "tests/trust/signed_things.hpp"

namespace ingot::keys_test {
namespace {

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

PublicKey public_key_of(std::string_view hex) { return {.bytes = Digest::parse_hex(hex).value().bytes}; }

struct Vector {
  std::string secret, key, message, signature;
};

// RFC 8032, section 7.1, tests 1 to 3.
const std::vector<Vector> vectors{
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7"
     "a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612b"
     "b0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1"
     "ec40a"},
};

TEST(keys, know_the_vectors_of_rfc_8032) {
  for (const Vector& vector : vectors) {
    const trust::PrivateKey key = key_of_seed(bytes_of(vector.secret));
    EXPECT_EQ(key.public_key(), public_key_of(vector.key));
    EXPECT_EQ(key.sign(bytes_of(vector.message)), bytes_of(vector.signature));
    EXPECT_TRUE(trust::signature_holds(public_key_of(vector.key), bytes_of(vector.message), bytes_of(vector.signature)));
    EXPECT_FALSE(trust::signature_holds(public_key_of(vector.key), bytes_of(vector.message) + "x", bytes_of(vector.signature)));
  }
}

TEST(keys, A1_refuse_every_bit_flip_of_a_signature) {
  const Vector& vector = vectors[1];
  std::string signature = bytes_of(vector.signature);
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(trust::signature_holds(public_key_of(vector.key), bytes_of(vector.message), signature)) << bit;
    signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(keys, refuse_the_second_form_of_a_signature) {
  // S + L in place of S: the same equation holds, but RFC 8032 wants S < L.
  const std::string malleated =
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901554c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e"
      "7a101b";
  EXPECT_FALSE(trust::signature_holds(public_key_of(vectors[0].key), "", bytes_of(malleated)));
}

TEST(keys, refuse_signatures_of_other_lengths) {
  const std::string signature = bytes_of(vectors[0].signature);
  const PublicKey key = public_key_of(vectors[0].key);
  for (const std::size_t length : {0U, 1U, 32U, 63U})
    EXPECT_FALSE(trust::signature_holds(key, "", signature.substr(0, length))) << length;
  EXPECT_FALSE(trust::signature_holds(key, "", signature + '\0'));
  EXPECT_FALSE(trust::signature_holds(key, "", signature + signature));
  EXPECT_FALSE(trust::signature_holds(key, "", std::string(64, '\0')));
}

TEST(keys, refuse_keys_of_small_order) {
  // R = B, S = 1 holds for every message under the identity, and for every fourth under the all-zero key.
  const std::string forged = bytes_of(
      "5866666666666666666666666666666666666666666666666666666666666666"
      "0100000000000000000000000000000000000000000000000000000000000000");
  for (const std::string_view small : {"0100000000000000000000000000000000000000000000000000000000000000",
                                       "0000000000000000000000000000000000000000000000000000000000000000",
                                       "0000000000000000000000000000000000000000000000000000000000000080",
                                       "0100000000000000000000000000000000000000000000000000000000000080",
                                       "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                       "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                                       "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                                       "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                                       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    EXPECT_FALSE(trust::is_usable(public_key_of(small))) << small;
    for (int i = 0; i < 16; ++i) EXPECT_FALSE(trust::signature_holds(public_key_of(small), std::to_string(i), forged)) << small;
  }
}

TEST(keys, A2_refuse_second_encodings_of_a_key) {
  for (const std::string_view second : {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    EXPECT_FALSE(trust::is_usable(public_key_of(second))) << second;
  }
  for (const Vector& vector : vectors) EXPECT_TRUE(trust::is_usable(public_key_of(vector.key)));
}

TEST(keys, made_anew_differ_and_survive_their_pem_form) {
  const trust::PrivateKey one = trust::PrivateKey::generate();
  const trust::PrivateKey other = trust::PrivateKey::generate();
  EXPECT_NE(one.public_key(), other.public_key());
  EXPECT_TRUE(trust::is_usable(one.public_key()));
  const trust::PrivateKey again = trust::PrivateKey::from_pem(one.to_pem(), "it");
  EXPECT_EQ(again.public_key(), one.public_key());
  EXPECT_TRUE(trust::signature_holds(one.public_key(), "text", again.sign("text")));
  EXPECT_FALSE(trust::signature_holds(other.public_key(), "text", again.sign("text")));
  EXPECT_EQ(one.to_pem().substr(0, 27), "-----BEGIN PRIVATE KEY-----");
}

TEST(keys, say_what_is_no_key_without_showing_it) {
  const std::string pem = trust::PrivateKey::generate().to_pem();
  const std::string body = pem.substr(28, 20);
  const std::string rsa_like =
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
  const std::string x25519 =
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHBgEJqqPyHJEvyNfDn35WJNZqzq4kQUXyFhhX2yXkRs\n-----END PRIVATE "
      "KEY-----\n";
  const std::string encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + body + "\n-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const std::string& bad :
       {std::string(), std::string("garbage"), pem.substr(0, 60), rsa_like, x25519, encrypted, std::string(100, '\0')}) {
    try {
      (void)trust::PrivateKey::from_pem(bad, "the key \"keys/catalog.pem\"");
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::local);
      EXPECT_EQ(error.text(), "the key \"keys/catalog.pem\" holds no Ed25519 private key");
      EXPECT_EQ((error.text() + error.mend()).find(body), std::string::npos);
    }
  }
}

TEST(keys, have_a_hint_of_16_hex_digits) {
  const PublicKey key = public_key_of(vectors[0].key);
  EXPECT_EQ(trust::key_id(key), io::sha256(bytes_of(vectors[0].key)).hex().substr(0, 16));
}

TEST(keys, fingerprint_is_sha256) { EXPECT_EQ(trust::fingerprint("abc"), io::sha256("abc")); }

}  // namespace
}  // namespace ingot::keys_test
