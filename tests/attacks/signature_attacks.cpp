// A1-A4, A11: heads, roots and images that are not signed by whom they should be, or by too few.
#include <algorithm>
#include <filesystem>

#include "schema/catalog/release.hpp"
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

std::string envelope(std::string_view type, const std::string& payload, const std::vector<const trust::PrivateKey*>& keys) {
  return write_envelope(trust::sign_envelope(type, payload, keys));
}
std::string payload_of_head(const Stage& stage) { return write_head(stage.peer.head()); }

Envelope served_envelope(const Stage& stage) { return std::get<Envelope>(parse_envelope(stage.peer.tree().at("head.dsse"))); }

/// Of the root that was published last.
std::string next_root_path(const Stage& stage) { return "root/" + std::to_string(stage.peer.root().version) + ".dsse"; }

/// Home knows only what the card says: root 1 is fetched.
void forget_cache(const Stage& stage) { std::filesystem::remove_all(stage.home() + "/state/cache"); }

TEST_P(attacks, A1_a_head_that_the_peer_has_not_signed_brings_nothing) {
  const std::vector<std::string> looks_for_a_newer_root{"head.dsse", "(next root)"};
  try_all(GetParam(),
          {
              {.name = "no envelope around it",
               .lie = [](Stage& s) { s.serve_head(payload_of_head(s)); },
               .says = "fpps-2",
               .asks = {"head.dsse"}},
              {.name = "the signature is taken away",
               .lie =
                   [](Stage& s) {
                     Envelope stripped = served_envelope(s);
                     stripped.signatures.clear();
                     s.serve_head(write_envelope(stripped));
                   },
               .says = "signature",
               .asks = {"head.dsse"}},
              {.name = "signed by an unknown key",
               .lie =
                   [](Stage& s) {
                     const trust::PrivateKey stranger = trust::PrivateKey::generate();
                     s.serve_head(s.peer.signed_head(s.peer.head(), &stranger));
                   },
               .says = "signed",
               .asks = looks_for_a_newer_root},
              {.name = "signed by another peer's key, under the right key's id",
               .lie =
                   [](Stage& s) {
                     const Publisher other("other");
                     Envelope forged = trust::sign_envelope(head_payload_type, payload_of_head(s), {&other.catalog_key()});
                     forged.signatures[0].key_id = trust::key_id(s.peer.catalog_key().public_key());
                     s.serve_head(write_envelope(forged));
                   },
               .says = "signed",
               .asks = looks_for_a_newer_root},
              {.name = "another server's head",
               .lie =
                   [](Stage& s) {
                     Publisher other("fpps-2", s.peer.now());
                     other.publish(s.catalog);
                     s.serve_head(other.tree().at("head.dsse"));
                   },
               .says = "signed",
               .asks = looks_for_a_newer_root},
              {.name = "another payload under the old signature",
               .lie =
                   [](Stage& s) {
                     Envelope swapped = served_envelope(s);
                     Head later = s.peer.head();
                     ++later.serial;
                     swapped.payload = write_head(later);
                     s.serve_head(write_envelope(swapped));
                   },
               .says = "signed",
               .asks = looks_for_a_newer_root},
              {.name = "the right key over another type",
               .lie =
                   [](Stage& s) {
                     Envelope renamed = trust::sign_envelope(root_payload_type, payload_of_head(s), {&s.peer.catalog_key()});
                     renamed.payload_type = head_payload_type;
                     s.serve_head(write_envelope(renamed));
                   },
               .says = "signed",
               .asks = looks_for_a_newer_root},
              {.name = "a root in place of the head",
               .lie = [](Stage& s) { s.serve_head(s.peer.tree().at("root/1.dsse")); },
               .says = "fpps-2",
               .asks = {"head.dsse"}},
              {.name = "signed by the root key, which signs no heads",
               .lie = [](Stage& s) { s.serve_head(s.peer.signed_head(s.peer.head(), &s.peer.root_key())); },
               .says = "signed",
               .asks = looks_for_a_newer_root},
              {.name = "signed rightly for another server",
               .lie =
                   [](Stage& s) {
                     Head head = s.peer.head();
                     head.id = testing_support::server_id("somebody else");
                     s.serve_head(s.peer.signed_head(head));
                   },
               .says = "server",
               .asks = {"head.dsse"}},
          });
}

TEST_P(attacks, A1_a_root_that_the_card_does_not_pin_brings_nothing) {
  const auto with_first_root = [](const std::function<std::string(Stage&)>& make) {
    return [make](Stage& s) {
      forget_cache(s);
      auto tree = s.peer.tree();
      tree["root/1.dsse"] = make(s);
      s.server.serve(tree);
    };
  };
  try_all(GetParam(), {
                          {.name = "its signature is taken away",
                           .lie = with_first_root([](Stage& s) {
                             Envelope stripped = std::get<Envelope>(parse_envelope(s.peer.tree().at("root/1.dsse")));
                             stripped.signatures.clear();
                             return write_envelope(stripped);
                           }),
                           .says = "root/1.dsse",
                           .asks = {"root/1.dsse"}},
                          {.name = "signed by a stranger",
                           .lie = with_first_root([](Stage& s) {
                             const trust::PrivateKey stranger = trust::PrivateKey::generate();
                             return envelope(root_payload_type, write_root(s.peer.root()), {&stranger});
                           }),
                           .says = "root/1.dsse",
                           .asks = {"root/1.dsse"}},
                          {.name = "another server's",
                           .lie = with_first_root([](Stage&) { return Publisher("fpps-2").tree().at("root/1.dsse"); }),
                           .says = "root/1.dsse",
                           .asks = {"root/1.dsse"}},
                          {.name = "a head in its place",
                           .lie = with_first_root([](Stage& s) { return s.peer.tree().at("head.dsse"); }),
                           .says = "root/1.dsse",
                           .asks = {"root/1.dsse"}},
                      });
}

TEST_P(attacks, A1_a_next_root_by_strangers_brings_nothing) {
  const auto with_next_root = [](const std::function<std::string(Stage&)>& make) {
    return [make](Stage& s) {
      s.peer.rotate_catalog_key();
      s.publish();
      auto tree = s.peer.tree();
      tree[next_root_path(s)] = make(s);
      s.server.serve(tree);
    };
  };
  const std::vector<std::string> asks{"head.dsse", "(next root)"};
  try_all(GetParam(), {
                          {.name = "unsigned",
                           .lie = with_next_root([](Stage& s) {
                             Envelope stripped = std::get<Envelope>(parse_envelope(s.peer.tree().at(next_root_path(s))));
                             stripped.signatures.clear();
                             return write_envelope(stripped);
                           }),
                           .says = "fpps-2",
                           .asks = asks},
                          {.name = "signed by its own new keys alone",
                           .lie = with_next_root([](Stage& s) {
                             const trust::PrivateKey thief = trust::PrivateKey::generate();
                             Root taken = s.peer.root();
                             taken.root = {1, {thief.public_key()}};
                             return envelope(root_payload_type, write_root(taken), {&thief});
                           }),
                           .says = "fpps-2",
                           .asks = asks},
                          {.name = "signed by the catalog key",
                           .lie = with_next_root([](Stage& s) {
                             return envelope(root_payload_type, write_root(s.peer.root()), {&s.peer.catalog_key()});
                           }),
                           .says = "fpps-2",
                           .asks = asks},
                      });
}

/// A root that wants two signatures of a head; the second key is given to `sign`, which makes the head.
std::function<void(Stage&)> with_threshold_two(const std::function<std::string(Stage&, const trust::PrivateKey& second)>& sign) {
  return [sign](Stage& s) {
    const trust::PrivateKey second = trust::PrivateKey::generate();
    Root root = s.peer.next_root();
    root.catalog = {2, {s.peer.catalog_key().public_key(), second.public_key()}};
    s.peer.publish_root(root);
    s.publish();
    s.serve_head(sign(s, second));
  };
}

TEST_P(attacks, A2_one_key_is_one_voice) {
  // The new root itself is good, so home keeps it: the peer needs another one to sign heads with one key again.
  const auto back_to_one = [](Stage& s) {
    Root root = s.peer.next_root();
    root.catalog = {1, {s.peer.catalog_key().public_key()}};
    s.peer.publish_root(root);
  };
  const std::vector<std::string> asks{"head.dsse", "(next root)"};
  const auto head = [](Stage& s) { return payload_of_head(s); };
  try_all(
      GetParam(),
      {
          {.name = "signed once",
           .lie = with_threshold_two(
               [&](Stage& s, const trust::PrivateKey&) { return envelope(head_payload_type, head(s), {&s.peer.catalog_key()}); }),
           .says = "signed",
           .asks = asks,
           .mend = back_to_one},
          {.name = "the same signature twice",
           .lie = with_threshold_two([&](Stage& s, const trust::PrivateKey&) {
             return envelope(head_payload_type, head(s), {&s.peer.catalog_key(), &s.peer.catalog_key()});
           }),
           .says = "signed",
           .asks = asks,
           .mend = back_to_one},
          {.name = "one key under two ids",
           .lie = with_threshold_two([&](Stage& s, const trust::PrivateKey& second) {
             Envelope twice = trust::sign_envelope(head_payload_type, head(s), {&s.peer.catalog_key(), &s.peer.catalog_key()});
             twice.signatures[1].key_id = trust::key_id(second.public_key());
             return write_envelope(twice);
           }),
           .says = "signed",
           .asks = asks,
           .mend = back_to_one},
          {.name = "one key and a stranger",
           .lie = with_threshold_two([&](Stage& s, const trust::PrivateKey&) {
             const trust::PrivateKey stranger = trust::PrivateKey::generate();
             return envelope(head_payload_type, head(s), {&s.peer.catalog_key(), &stranger});
           }),
           .says = "signed",
           .asks = asks,
           .mend = back_to_one},
          {.name = "one key and the root key",
           .lie = with_threshold_two([&](Stage& s, const trust::PrivateKey&) {
             return envelope(head_payload_type, head(s), {&s.peer.catalog_key(), &s.peer.root_key()});
           }),
           .says = "signed",
           .asks = asks,
           .mend = back_to_one},
      });
}

/// A next root whose text is edited, signed by the root key, and a head that names it.
std::function<void(Stage&)> with_root_text(const std::string& from, const std::string& to) {
  return [from, to](Stage& s) {
    s.peer.publish_root(s.peer.next_root());
    s.publish();
    auto tree = s.peer.tree();
    tree[next_root_path(s)] = envelope(root_payload_type, replaced(write_root(s.peer.root()), from, to), {&s.peer.root_key()});
    s.server.serve(tree);
  };
}

TEST_P(attacks, A2_a_root_that_lists_a_key_twice_brings_nothing) {
  const auto listing = [](const std::function<std::string(std::string)>& again) {
    return [again](Stage& s) {
      const std::string key = Digest{.bytes = s.peer.catalog_key().public_key().bytes}.hex();
      with_root_text("\"catalog\":{\"threshold\":1,\"keys\":[\"" + key + "\"",
                     "\"catalog\":{\"threshold\":2,\"keys\":[\"" + key + "\",\"" + again(key) + "\"")(s);
    };
  };
  const std::vector<std::string> asks{"head.dsse", "(next root)"};
  try_all(GetParam(),
          {
              {.name = "as it is", .lie = listing([](std::string key) { return key; }), .says = "root/", .asks = asks},
              {.name = "in capitals",
               .lie = listing([](std::string key) {
                 for (char& c : key) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
                 return key;
               }),
               .says = "root/",
               .asks = asks},
          });
}

TEST_P(attacks, A3_a_threshold_that_nobody_has_to_meet_is_refused) {
  std::vector<Attack> list;
  for (const std::string role : {"\"threshold\":1,\"keys\"", "\"catalog\":{\"threshold\":1,"}) {
    const std::string of = role.find("catalog") == std::string::npos ? "root" : "catalog";
    for (const std::string odd : {"-1", "0", "2", "2147483648", "1.5", "\"1\""}) {
      list.push_back({.name = of + " threshold " + odd,
                      .lie = with_root_text(role, replaced(role, "\"threshold\":1", "\"threshold\":" + odd)),
                      .says = "root/",
                      .asks = {"head.dsse", "(next root)"}});
    }
    list.push_back({.name = of + " threshold missing",
                    .lie = with_root_text(role, replaced(role, "\"threshold\":1,", "")),
                    .says = "root/",
                    .asks = {"head.dsse", "(next root)"}});
  }
  try_all(GetParam(), list);
}

TEST_P(attacks, A3_a_card_sets_no_threshold) {
  Stage stage(GetParam());
  for (const std::string line : {"threshold = 0", "threshold = -1", "keys = []"}) {
    SCOPED_TRACE(line);
    testing_support::write_text(stage.home() + "/fpps-2.card.toml", line + "\n" + write_card(stage.peer.card(stage.venue.url)));
    const Remembered before = stage.remembered();
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, 65) << ran.err;
    EXPECT_THAT(ran.err, testing::HasSubstr("fpps-2.card.toml"));
    EXPECT_THAT(stage.requests(), testing::IsEmpty());
    EXPECT_THAT(differences(before, stage.remembered()), testing::IsEmpty());
  }
  count("attacks on trust", 3);
}

TEST_P(attacks, A4_thousands_of_signatures_are_refused_unseen) {
  const auto with_signatures = [](std::size_t number, const std::string& each) {
    return [number, each](Stage& s) {
      std::string list;
      for (std::size_t i = 0; i < number; ++i) list += (i == 0 ? "" : ",") + each;
      const std::string bytes = replaced(s.peer.tree().at("head.dsse"), "\"signatures\":[", "\"signatures\":[" + list + ",");
      ASSERT_LE(bytes.size(), largest_head);
      s.serve_head(bytes);
    };
  };
  const std::string full = R"({"keyid":"0123456789abcdef","sig":")" + std::string(86, 'A') + "==\"}";
  try_all(GetParam(),
          {
              {.name = "16 before the right one", .lie = with_signatures(16, full), .says = "signatures", .asks = {"head.dsse"}},
              {.name = "500 of full length", .lie = with_signatures(500, full), .says = "signatures", .asks = {"head.dsse"}},
              {.name = "5,000 of no length",
               .lie = with_signatures(5000, "{\"sig\":\"\"}"),
               .says = "signatures",
               .asks = {"head.dsse"}},
          });
}

ImageEntry& entry_of(Stage& stage, const std::string& image) {
  return *std::find_if(stage.catalog.images.begin(), stage.catalog.images.end(),
                       [&](const ImageEntry& one) { return one.name.text() == image; });
}

void sign_release(ImageEntry& entry, const trust::PrivateKey& key) {
  entry.release = trust::sign_envelope(release_payload_type, write_release(release_of(entry)), {&key}).signatures;
}

TEST_P(attacks, A11_a_stolen_catalog_key_introduces_no_image_where_a_root_names_release_keys) {
  Stage stage(GetParam());
  const trust::PrivateKey release = trust::PrivateKey::generate();
  Root root = stage.peer.next_root();
  root.release = Role{.threshold = 1, .keys = {release.public_key()}};
  stage.peer.publish_root(root);
  stage.publish();
  EXPECT_EQ(stage.apply().exit, 0) << "what was copied before stays";
  const std::vector<std::string> before = stage.copies();

  stage.tempt();
  ImageEntry& entry = entry_of(stage, stage.newest());
  const ImageEntry honest = entry;
  const std::vector<std::pair<std::string, std::function<void()>>> lies{
      {"without a signature", [] {}},
      {"signed by the catalog key", [&] { sign_release(entry, stage.peer.catalog_key()); }},
      {"signed by the root key", [&] { sign_release(entry, stage.peer.root_key()); }},
      {"with another image's signature",
       [&] {
         sign_release(stage.catalog.images.front(), release);
         entry.release = stage.catalog.images.front().release;
       }},
      {"with other bits under a released name",
       [&] {
         sign_release(entry, release);
         entry.digest = io::sha256("other bits");
       }},
      {"of another type than released",
       [&] {
         sign_release(entry, release);
         entry.type = TypeName::of("LINUXOS");
       }},
  };
  for (const auto& [what, lie] : lies) {
    entry = honest;
    lie();
    stage.publish();
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, 3) << what << ": " << ran.out << ran.err;
    EXPECT_THAT(ran.out + ran.err, testing::HasSubstr("release keys have not signed it")) << what;
    EXPECT_EQ(stage.copies(), before) << what;
  }
  entry = honest;
  sign_release(entry, release);
  stage.publish();
  EXPECT_EQ(stage.apply().exit, 0) << "the owner releases it";
  EXPECT_EQ(stage.copies().size(), before.size() + 1);
  count("attacks on trust", lies.size());
}

}  // namespace
}  // namespace ingot::attacks
