// Good manifests give the values that they say.
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/schema/map_files.hpp"

namespace ingot::manifest_good_test {
namespace {

const std::filesystem::path manifests = std::filesystem::path(INGOT_SOURCE_DIR) / "tests/schema/manifests";

Manifest manifest_of(const std::string& path, test::FileMap files) {
  auto parsed = parse_manifest(path, test::map_files(std::move(files)));
  if (const auto* problems = std::get_if<Problems>(&parsed)) throw std::runtime_error(test::lines_of(*problems));
  return std::get<Manifest>(std::move(parsed));
}

Digest digest_of(char digit) { return *Digest::parse_hex(std::string(64, digit)); }

TEST(good_manifests, take_the_defaults_of_the_contract) {
  const Manifest manifest = manifest_of("m.toml", {{"m.toml", "manifest = 1\nserver.name = \"dc1\"\n[[image]]\nname = \"a\"\n"}});
  const ServerSection server{.name = ServerName::of("dc1"), .at = {"m.toml", 2}};
  EXPECT_EQ(manifest.server, server);
  EXPECT_EQ(manifest.server.head_ttl, std::chrono::days(14));
  EXPECT_EQ(manifest.limits, Limits{});
  EXPECT_EQ(manifest.guard, Guard{});
  ASSERT_EQ(manifest.images.size(), 1U);
  EXPECT_EQ(manifest.images[0], (LocalImage{.name = ImageName::of("a"), .at = {"m.toml", 3}}));
  EXPECT_FALSE(manifest.declares_nothing());
}

TEST(good_manifests, put_images_that_name_a_series_behind_those_that_it_lists) {
  const Manifest manifest = manifest_of("m.toml", {{"m.toml", R"(manifest = 1
server.name = "dc1"
include = ["images/*.toml"]
[[series]]
name = "nightly"
images = ["base", "copied"]
[[series]]
name = "empty"
order = "added"
)"},
                                                   {"images/a.toml", R"(
[[image]]
name = "n10"
version = "1.10"
series = ["nightly"]
)"},
                                                   {"images/b.toml", R"(
[[image]]
name = "n9"
version = "1.9"
series = ["nightly"]
[[image]]
name = "base"
series = ["nightly"]
)"}});
  ASSERT_EQ(manifest.series.size(), 2U);
  const std::vector<ImageName> wanted{ImageName::of("base"), ImageName::of("copied"), ImageName::of("n9"), ImageName::of("n10")};
  EXPECT_EQ(manifest.series[0].images, wanted);
  EXPECT_EQ(manifest.series[0].joined, 2U) << "the listed one keeps its place";
  EXPECT_EQ(manifest.series[0].order, SeriesOrder::version);
  EXPECT_TRUE(manifest.series[1].images.empty());
  EXPECT_EQ(manifest.series[1].order, SeriesOrder::added);
}

TEST(good_manifests, mean_the_same_with_their_defaults_written_out) {
  test::FileMap files = test::files_below(manifests / "good");
  Manifest written = manifest_of("defaults.toml", files);
  files["defaults.toml"] =
      "manifest = 1\nserver.name = \"dc1\"\n[[peer]]\nname = \"fpps-2\"\ncard = \"peers/fpps-2.card.toml\"\n"
      "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n[[image]]\nname = \"a\"\n[[series]]\nname = \"s\"\nimages = []\n"
      "[[subscription]]\npeer = \"fpps-2\"\nall = true\n[[export]]\nname = \"home\"\nseries = \"s\"\nto = \"/u01/gold\"\n"
      "[[upload]]\nname = \"s3\"\nto = \"s3://gold/dc1\"\nendpoint = \"https://s3.example.net\"\n"
      "credentials_file = \"s3.credentials\"\n";
  Manifest left_out = manifest_of("defaults.toml", files);
  EXPECT_EQ(options_text(written.subscriptions.at(0).options), options_text(left_out.subscriptions.at(0).options));
  EXPECT_EQ(written.copies.at(0).keep, true);
  EXPECT_EQ(written.copies.at(0).protect, false);
  EXPECT_EQ(written.notify.at(0).timeout, Seconds(30));
  // Places and bytes differ.
  written.copies.clear();
  written.notify.clear();
  written.digest = left_out.digest;
  written.server.at = left_out.server.at;
  written.limits.max_bytes_at = written.limits.min_free_at = written.guard.removals_at = written.guard.stops_at =
      written.guard.withdrawals_at = std::nullopt;
  written.peers.at(0).at = left_out.peers.at(0).at;
  written.types.at(0).at = left_out.types.at(0).at;
  written.images.at(0).at = left_out.images.at(0).at;
  written.series.at(0).at = left_out.series.at(0).at;
  written.subscriptions.at(0).at = left_out.subscriptions.at(0).at;
  written.exports.at(0).at = left_out.exports.at(0).at;
  written.uploads.at(0).at = left_out.uploads.at(0).at;
  EXPECT_EQ(written, left_out);
}

TEST(good_manifests, have_peers_in_private_buckets) {
  test::FileMap files = test::files_below(manifests / "good");
  files["s3.toml"] =
      "manifest = 1\nserver.name = \"dc1\"\n[[peer]]\nname = \"fpps-2\"\ncard = \"peers/fpps-2.card.toml\"\n"
      "urls = [\"s3://gold/dc2\", \"https://cdn.example.net/\", \"https://s3.example.net/gold/dc2/\"]\n"
      "s3 = { endpoint = \"https://s3.example.net/\", key_id_env = \"FPPS2_ID\", secret_env = \"FPPS2_SECRET\" }\n";
  const PeerEntry peer = manifest_of("s3.toml", files).peers.at(0);
  EXPECT_EQ(peer.urls, (std::vector<std::string>{"https://s3.example.net/gold/dc2/", "https://cdn.example.net/",
                                                 "https://s3.example.net/gold/dc2/"}));
  EXPECT_EQ(peer.credentials.s3,
            (S3Access{.endpoint = "https://s3.example.net", .key = {.key_id_env = "FPPS2_ID", .secret_env = "FPPS2_SECRET"}}));
  EXPECT_TRUE(is_at(*peer.credentials.s3, peer.urls.front()));
  EXPECT_FALSE(is_at(*peer.credentials.s3, "https://s3.example.net.evil.example/gold/"));
}

TEST(good_manifests, may_declare_nothing) {
  EXPECT_TRUE(manifest_of("smallest.toml", test::files_below(manifests / "good")).declares_nothing());
}

class WholeManifest : public testing::Test {
 protected:
  const Manifest manifest_ = manifest_of("whole.toml", test::files_below(manifests / "good"));
};

TEST_F(WholeManifest, has_its_server) {
  const ServerSection& server = manifest_.server;
  EXPECT_EQ(server.name.text(), "fpps-1");
  EXPECT_EQ(server.url, "https://gold.dc1.example.net/");
  EXPECT_EQ(server.store, "store");
  EXPECT_EQ(server.state, "state/ingot.db");
  EXPECT_EQ(server.keys, "/etc/ingot/keys");
  EXPECT_EQ(server.clients, std::vector{ServerName::of("rack7-db")});
  EXPECT_EQ(server.targets, std::vector{ServerName::of("legacy-7")});
  EXPECT_EQ(server.head_ttl, std::chrono::days(7));
  EXPECT_TRUE(server.publish_copies);
  EXPECT_TRUE(server.publish_state);
  EXPECT_EQ(server.at.text(), "whole.toml:6");
}

TEST_F(WholeManifest, has_its_limits_and_guard) {
  EXPECT_EQ(manifest_.limits, (Limits{.parallel = 4,
                                      .bandwidth = 200'000'000,
                                      .max_bytes = 500'000'000'000,
                                      .min_free = {2.5},
                                      .windows = {{22 * 60, 5 * 60}, {12 * 60, 13 * 60, 0x21}},
                                      .max_bytes_at = At{"whole.toml", 20},
                                      .min_free_at = At{"whole.toml", 21},
                                      .window_at = At{"whole.toml", 22}}));
  EXPECT_EQ(manifest_.guard, (Guard{.removal_count = 7,
                                    .removal_percent = 12.5,
                                    .stops = 4,
                                    .withdrawals = 30,
                                    .removals_at = At{"whole.toml", 24},
                                    .stops_at = At{"whole.toml", 25},
                                    .withdrawals_at = At{"whole.toml", 26}}));
}

TEST_F(WholeManifest, has_its_peers_with_their_cards) {
  ASSERT_EQ(manifest_.peers.size(), 3U);
  const Card card{.name = ServerName::of("fpps-2"), .url = "https://gold.dc2.example.net/", .id = {digest_of('2')}};
  EXPECT_EQ(manifest_.peers[0], (PeerEntry{.name = ServerName::of("fpps-2"),
                                           .card_path = "peers/fpps-2.card.toml",
                                           .card = card,
                                           .urls = {"https://mirror.example.net/fpps-2/", "file:///mnt/stick/fpps-2/"},
                                           .credentials = {.token_env = "FPPS2_TOKEN"},
                                           .max_age = std::chrono::days(90),
                                           .bandwidth = 50'000'000,
                                           .parallel = 2,
                                           .streams = 1,
                                           .windows = {{0, 24 * 60, 0x60}},
                                           .replaces = ServerId{digest_of('1')},
                                           .retired = true,
                                           .offline = true,
                                           .at = {"whole.toml", 28}}));
  EXPECT_EQ(manifest_.peers[1].urls, std::vector<std::string>{"https://gold.dc3.example.net/"});
  EXPECT_EQ(manifest_.peers[1].credentials, (PeerCredentials{.token_file = "secrets/token",
                                                             .client_cert = "secrets/client.pem",
                                                             .client_key = "secrets/client.key",
                                                             .ca_file = "/etc/ssl/ca.pem"}));
  EXPECT_EQ(manifest_.peers[2].urls, std::vector<std::string>{"http://127.0.0.1:8080/"});
}

TEST_F(WholeManifest, has_whom_to_tell_and_of_what) {
  ASSERT_EQ(manifest_.notify.size(), 2U);
  EXPECT_EQ(manifest_.notify[0], (NotifyEntry{.command = {"hooks/tell", "--all"},
                                              .on = {Occasion::failure, Occasion::recovery},
                                              .timeout = Seconds(60),
                                              .at = manifest_.notify[0].at}));
  EXPECT_EQ(manifest_.notify[1], (NotifyEntry{.url = "https://hooks.example.net/ingot",
                                              .series = {SeriesName::of("db19")},
                                              .key_file = "/etc/ingot/webhook.key",
                                              .ca_file = "/etc/ssl/ca.pem",
                                              .at = manifest_.notify[1].at}));
}

TEST_F(WholeManifest, has_its_images_in_the_order_of_root_and_sorted_includes) {
  ASSERT_EQ(manifest_.images.size(), 3U);
  EXPECT_EQ(manifest_.images[0],
            (LocalImage{.name = ImageName::of("db19_24"),
                        .type = TypeName::of("DB_PSU"),
                        .source = "stage/db19.24",
                        .digest = Digest::parse("sha256:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"),
                        .exclude = {"log/**", "*.pid"},
                        .cross_mounts = true,
                        .parent = ImageName::of("db19_23"),
                        .version = "19.24.0",
                        .state = ImageState::withdrawn,
                        .reason = "broken on kernel 6.1 – see ticket",
                        .is_private = true,
                        .platform = "linux-x86_64",
                        .description = "Büro",
                        .labels = {{"os.release", ""}, {"team", "dba"}},
                        .protect = true,
                        .at = {"whole.toml", 58}}));
  EXPECT_EQ(manifest_.images[1].name.text(), "os8");
  EXPECT_EQ(manifest_.images[1].source, "images/os8.qcow2");
  EXPECT_EQ(manifest_.images[1].at.text(), "images/a.toml:3");
  EXPECT_EQ(manifest_.images[2].name.text(), "db19_23");
  EXPECT_EQ(manifest_.images[2].source, "images/../stage/db19.23");
}

TEST_F(WholeManifest, has_its_types_and_series) {
  EXPECT_EQ(manifest_.types,
            (std::vector{TypeDeclaration{
                .name = TypeName::of("DB_PSU"), .base = TypeName::of("ORACLEDBSOFTWARE"), .at = {"whole.toml", 54}}}));
  ASSERT_EQ(manifest_.series.size(), 3U);
  EXPECT_EQ(manifest_.series[0].images, (std::vector{ImageName::of("db19_23"), ImageName::of("db19_24")}));
  EXPECT_TRUE(manifest_.series[1].images.empty());
  EXPECT_FALSE(manifest_.series[1].follow);
  EXPECT_EQ(manifest_.series[2].follow, (Follow{ServerName::of("fpps-2"), SeriesName::of("db19")}));
}

TEST_F(WholeManifest, has_its_subscriptions_and_copies) {
  ASSERT_EQ(manifest_.subscriptions.size(), 4U);
  EXPECT_EQ(manifest_.subscriptions[0].selector, Selector(SelectSeries{SeriesName::of("db19")}));
  EXPECT_EQ(
      options_text(manifest_.subscriptions[0].options),
      R"(since=start states=["PUBLISHED","TESTABLE"] exclude=["*-debug"] platform="linux-*" version="19.*" labels=["team=dba"] latest=3 as="{peer}-{name}" arrive=TESTABLE priority=-5 prune=30d)");
  EXPECT_EQ(manifest_.subscriptions[1].selector, Selector(SelectAll{}));
  EXPECT_EQ(options_text(manifest_.subscriptions[1].options), R"(since=17 states=["PUBLISHED"] exclude=[] arrive=origin)");
  EXPECT_EQ(manifest_.subscriptions[2].selector, Selector(SelectImage{ImageName::of("os9")}));
  EXPECT_EQ(manifest_.subscriptions[2].options, SubscriptionOptions{});
  EXPECT_EQ(manifest_.subscriptions[3].selector, Selector(SelectType{TypeName::of("LINUXOS")}));
  ASSERT_EQ(manifest_.copies.size(), 3U);
  EXPECT_EQ(manifest_.copies[0].keep, false);
  EXPECT_EQ(manifest_.copies[0].protect, std::nullopt);
  EXPECT_EQ(manifest_.copies[1].protect, true);
  EXPECT_EQ(manifest_.copies[1].state, ImageState::restricted);
  EXPECT_FALSE(manifest_.copies[1].adopt);
  EXPECT_TRUE(manifest_.copies[2].adopt) << "its peer need not be in the manifest";
  ASSERT_EQ(manifest_.ignored.size(), 1U);
  EXPECT_EQ(manifest_.ignored[0].address, "copy.fpps-2.db19_13");
  EXPECT_EQ(manifest_.ignored[0].reason, "ticket 4711");
  EXPECT_EQ(time_text(manifest_.ignored[0].until), "2027-02-01T00:00:00Z") << "its day is within";
}

TEST(good_manifests, keep_paths_relative_to_the_file_they_stand_in) {
  const Manifest manifest = manifest_of(
      "sites/dc1/ingot.toml",
      {{"sites/dc1/ingot.toml",
        "manifest = 1\ninclude = [\"../shared/p*.toml\"]\nserver = { name = \"dc1\", state = \"/var/lib/i.db\" }\n"},
       {"sites/dc1/../shared/peers.toml", "[[peer]]\nname = \"p\"\ncard = \"cards/p\"\n"},
       {"sites/dc1/../shared/cards/p", write_card({.name = ServerName::of("p"), .url = "https://p/", .id = {digest_of('5')}})}});
  EXPECT_EQ(manifest.server.store, "sites/dc1/store");
  EXPECT_EQ(manifest.server.state, "/var/lib/i.db");
  ASSERT_EQ(manifest.peers.size(), 1U);
  EXPECT_EQ(manifest.peers[0].card_path, "sites/dc1/../shared/cards/p");
  EXPECT_EQ(manifest.peers[0].at.text(), "../shared/peers.toml:1");
}

TEST(good_manifests, read_a_file_once_however_many_patterns_match_it_and_never_themselves) {
  const test::FileMap files{{"m.toml", "manifest = 1\ninclude = [\"*.toml\", \"a.toml\", \"./a.toml\"]\nserver.name = \"dc1\"\n"},
                            {"a.toml", "[[image]]\nname = \"a\"\n"}};
  EXPECT_EQ(manifest_of("m.toml", files).images.size(), 1U);
}

TEST(good_manifests, take_no_folder_for_a_pattern) {
  const test::FileMap files{{"[ab]*/m.toml", "manifest = 1\ninclude = [\"*.toml\"]\nserver.name = \"dc1\"\n"},
                            {"[ab]*/a.toml", "[[image]]\nname = \"a\"\n"},
                            {"a/b.toml", "[[image]]\nname = \"another\"\n"}};
  const Manifest manifest = manifest_of("[ab]*/m.toml", files);
  ASSERT_EQ(manifest.images.size(), 1U);
  EXPECT_EQ(manifest.images[0].name.text(), "a");
}

TEST(good_manifests, have_a_digest_of_all_bytes_and_their_borders) {
  const auto digest = [](const std::string& root, const std::string& included) {
    return manifest_of("m.toml",
                       {{"m.toml", "manifest = 1\ninclude = [\"a.toml\"]\nserver.name = \"dc1\"\n" + root}, {"a.toml", included}})
        .digest;
  };
  EXPECT_EQ(digest("#x", "#y"), digest("#x", "#y"));
  EXPECT_NE(digest("#x", "#y"), digest("#x", "#z"));
  EXPECT_NE(digest("#x\n", "#y"), digest("#x", "\n#y"));
}

TEST(good_manifests, may_name_images_that_only_a_copy_can_be) {
  // R17: whether they are here or may come is not the text's question.
  EXPECT_EQ(test::problems_of("manifest = 1\nserver.name = \"dc1\"\n[[series]]\nname = \"s\"\nimages = [\"x\"]\n[[image]]\nname "
                              "= \"a\"\nparent = \"x\"\n"),
            "");
}

TEST(good_manifests, allow_open_http_where_it_is_allowed) {
  const std::string card = write_card({.name = ServerName::of("p"), .url = "http://gold.example.net/", .id = {digest_of('5')}});
  const std::string peer = "manifest = 1\nserver.name = \"dc1\"\n[[peer]]\nname = \"p\"\ncard = \"p\"\n";
  EXPECT_EQ(test::problems_of(peer + "allow_http = true\n", {{"p", card}}), "");
  EXPECT_NE(test::problems_of(peer, {{"p", card}}), "");
  EXPECT_EQ(test::problems_of(peer + "urls = [\"https://gold.example.net/\"]\n", {{"p", card}}), "")
      << "the card's address is not used then";
}

TEST(good_manifests, have_paths_relative_to_a_home_but_for_their_own_files) {
  const std::string card = write_card({.name = ServerName::of("p"), .url = "https://gold.example.net/", .id = {digest_of('5')}});
  test::FileMap texts{
      {"repo/site/m.toml",
       "manifest = 1\ninclude = [\"images/*.toml\", \"../common.toml\"]\nserver.name = \"dc1\"\nserver.keys = \"/etc/keys\"\n"
       "[[peer]]\nname = \"p\"\ncard = \"../p.card\"\ntoken_file = \"token\"\n"},
      {"repo/site/images/a.toml", "[[image]]\nname = \"a\"\nsource = \"../stage/a\"\n"},
      {"repo/site/../common.toml", "[[image]]\nname = \"b\"\nsource = \"stage/b\"\n"},
      {"repo/site/../p.card", card}};
  ManifestFiles files = test::map_files(texts);
  files.home = "/srv/gold/";
  const auto parsed = parse_manifest("repo/site/m.toml", files);
  ASSERT_TRUE(std::holds_alternative<Manifest>(parsed)) << test::lines_of(std::get<Problems>(parsed));
  const Manifest& manifest = std::get<Manifest>(parsed);
  EXPECT_EQ(manifest.path, "repo/site/m.toml");
  EXPECT_EQ(manifest.server.store, "/srv/gold/store");
  EXPECT_EQ(manifest.server.keys, "/etc/keys");
  EXPECT_EQ(manifest.peers[0].card_path, "repo/site/../p.card");
  EXPECT_EQ(manifest.peers[0].credentials.token_file, "/srv/gold/token");
  EXPECT_EQ(manifest.images[0].source, "/srv/gold/../stage/b");
  EXPECT_EQ(manifest.images[1].source, "/srv/gold/stage/a") << "there may be no folder images";
  EXPECT_EQ(manifest.images[1].at, (At{"images/a.toml", 1}));
}

TEST(good_manifests, may_ask_for_guards_of_their_commit) {
  const Manifest manifest =
      manifest_of("m.toml", {{"m.toml", "manifest = 1\nserver.name = \"dc1\"\n[guard]\ngit = [\"signed\", \"clean\"]\n"}});
  EXPECT_EQ(manifest.guard.git, (GitGuards{.clean = At{"m.toml", 4}, .forward = std::nullopt, .is_signed = At{"m.toml", 4}}));
  EXPECT_NE(test::problems_of("manifest = 1\nserver.name = \"dc1\"\n[guard]\nsigners = \"x\"\n"), "")
      << "of hosts alone: a merge could name others";
}

TEST(min_free, is_a_number_of_bytes_or_a_share_of_the_disk_to_the_nearest_byte) {
  EXPECT_EQ(bytes_to_keep({std::uint64_t{700}}, 100), 700U);
  EXPECT_EQ(bytes_to_keep({5.0}, 1000), 50U);
  EXPECT_EQ(bytes_to_keep({2.5}, 99), 2U);
  EXPECT_EQ(bytes_to_keep({2.5}, 101), 3U);
  EXPECT_EQ(bytes_to_keep({100.0}, 20'000'000'000'000), 20'000'000'000'000U);
}

}  // namespace
}  // namespace ingot::manifest_good_test
