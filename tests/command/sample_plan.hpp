// A plan with one of everything, for texts and JSON.
#pragma once

#include <string>
#include <vector>

#include "reconciler/io/hash.hpp"
#include "reconciler/plan/plan.hpp"

namespace ingot::testing_support {

inline ServerId sample_id(const std::string& seed) { return ServerId{io::sha256(seed)}; }

inline plan::SeenHead sample_head(const std::string& peer) {
  return {.id = sample_id(peer),
          .own_name = ServerName::of(peer),
          .epoch = 1,
          .serial = 41,
          .digest = io::sha256(peer + " head"),
          .index = io::sha256(peer + " index"),
          .issued = Time(Seconds(1'795'000'000)),
          .expires = Time(Seconds(1'796'000'000)),
          .url = "https://gold." + peer + ".example.net/"};
}

inline plan::Reason reason(Code code, const std::string& rule, int line, const std::string& text) {
  return {.code = code,
          .rule = rule,
          .at = line > 0 ? std::optional(At{.file = "ingot.toml", .line = line}) : std::nullopt,
          .text = text};
}

inline plan::Change change(const Address& address, plan::Action action, std::vector<plan::Reason> because,
                           std::uint64_t size = 0) {
  const Verb verb = plan::verb_of(action);
  return {.address = address,
          .verb = verb,
          .action = std::move(action),
          .because = std::move(because),
          .after = {},
          .size = size,
          .deferred = false,
          .deferred_why = ""};
}

inline state::ImageRow sample_row(const std::string& name) {
  return {.key = 7,
          .name = ImageName::of(name),
          .copy = true,
          .identity = ImageIdentity{sample_id("fpps-2"), ImageName::of(name), 12},
          .origin_name = ServerName::of("fpps-2"),
          .copied_from = ServerName::of("fpps-2"),
          .digest = io::sha256(name),
          .size = 4'100'000'000,
          .kind = ImageKind::tree,
          .type = TypeName::of("ORACLEDBSOFTWARE"),
          .version = "19.24",
          .platform = "linux-x86_64",
          .description = "the \"best\" one\nof all",
          .labels = {{"team", "dba"}},
          .state = ImageState::published,
          .reason = "",
          .withdrawn_by_origin = false,
          .is_private = false,
          .was_public = false,
          .protect = false,
          .managed = false,
          .parent_name = "db19_23",
          .parent = std::nullopt,
          .parent_identity = std::nullopt,
          .source_stamp = "",
          .unwanted_since = std::nullopt,
          .rule = "subscription.fpps-2.series.db19",
          .deleted = false,
          .created = 5,
          .papers = {.time = Time(Seconds(1'795'000'000)),
                     .run = "20261118T093320Z-1a2b3c",
                     .actor = "ann@gold",
                     .commit = std::nullopt,
                     .rule = "subscription.fpps-2.series.db19",
                     .peer = "fpps-2",
                     .head = io::sha256("a head")}};
}

inline plan::Change sample_copy(const std::string& name, std::uint64_t size, std::uint64_t to_fetch, int line = 41) {
  const ImageEntry entry{.name = ImageName::of(name),
                         .identity = {sample_id("fpps-2"), ImageName::of(name), 40},
                         .origin_name = ServerName::of("fpps-2"),
                         .copied_from = {},
                         .listed = 40,
                         .digest = io::sha256(name),
                         .size = size,
                         .kind = ImageKind::tree,
                         .type = TypeName::of("ORACLEDBSOFTWARE"),
                         .version = "19.25",
                         .platform = "",
                         .description = "",
                         .labels = {},
                         .states = {{ImageState::published, 40}},
                         .reason = "",
                         .parent = {},
                         .packed = {}};
  plan::Change copy =
      change(copy_address(ServerName::of("fpps-2"), entry.name),
             plan::CopyImage{.peer = ServerName::of("fpps-2"),
                             .head = std::make_shared<const plan::SeenHead>(sample_head("fpps-2")),
                             .entry = std::make_shared<const ImageEntry>(entry),
                             .name = entry.name,
                             .state = ImageState::published,
                             .transfer = {.method = plan::Method::whole, .from = std::nullopt, .bytes = to_fetch},
                             .protect = false},
             {reason(Code::subscription, "subscription.fpps-2.series.db19", line, "series db19 of fpps-2 has it")}, size);
  copy.after = {peer_address(ServerName::of("fpps-2"))};
  return copy;
}

inline plan::Plan empty_plan() {
  return {.server = ServerName::of("fpps-1"),
          .id_of_server = sample_id("fpps-1"),
          .manifest_path = "ingot.toml",
          .manifest_digest = io::sha256("manifest"),
          .complete = true,
          .actions = {},
          .blocked = {},
          .held = {},
          .unknown = {},
          .notes = {},
          .limits = {},
          .wantedness = {},
          .settled = {},
          .settled_until = std::nullopt};
}

inline state::SubscriptionRow sample_subscription() {
  return {.peer = sample_id("fpps-2"),
          .peer_name = ServerName::of("fpps-2"),
          .selector = SelectSeries{SeriesName::of("db19")},
          .baseline = 41,
          .since = "now",
          .options = "",
          .rule = "subscription.fpps-2.series.db19",
          .instantiated = Time(Seconds(1'795'000'000)),
          .stopped = std::nullopt,
          .copies = 3};
}

inline plan::Plan full_plan() {
  const ServerName fpps2 = ServerName::of("fpps-2"), fpps3 = ServerName::of("fpps-3");
  const Selector series = SelectSeries{SeriesName::of("db19")};
  plan::Plan plan = empty_plan();
  plan.complete = false;
  plan.git = ManifestCommit{.repository = "https://example.net/gold.git",
                            .ref = "refs/heads/main",
                            .commit = std::string(40, 'c'),
                            .blob = std::string(40, 'b')};
  plan.base = plan::PlanBase{.revision = "origin/main", .commit = std::string(40, 'd'), .left_out = 3};
  const LocalImage local{.name = ImageName::of("db19_24"),
                         .type = TypeName::of("ORACLEDBSOFTWARE"),
                         .source = "/stage/db19.24",
                         .digest = {},
                         .exclude = {},
                         .parent = {},
                         .version = "",
                         .state = ImageState::published,
                         .reason = "",
                         .is_private = false,
                         .platform = "",
                         .description = "",
                         .labels = {},
                         .protect = false,
                         .at = {"ingot.toml", 20}};
  plan::Change reused = sample_copy("db19_26", 4'000'000'000, 0);
  auto& reuse = std::get<plan::CopyImage>(reused.action);
  reuse.transfer = {.method = plan::Method::reuse, .from = ImageName::of("twin"), .bytes = 0};
  reuse.name = ImageName::of("fpps-2-db19_26");
  reused.because.push_back(reason(Code::subscription, "subscription.fpps-2.all", 50, "all of fpps-2"));
  plan::Change late = sample_copy("db19_27", 900'000'000'000, 700'000'000'000);
  late.deferred = true;
  late.deferred_why = "past max_bytes: 700 GB, 498 GB are left";
  plan.actions = {
      change(peer_address(fpps2),
             plan::RegisterPeer{fpps2,
                                Card{fpps2, "https://gold.fpps-2.example.net/", sample_id("fpps-2")},
                                {"https://gold.fpps-2.example.net/"},
                                sample_head("fpps-2")},
             {reason(Code::new_, "peer.fpps-2", 12, "a new peer")}),
      change(type_address(TypeName::of("DB_PSU")),
             plan::CreateType{TypeName::of("DB_PSU"), TypeName::of("ORACLEDBSOFTWARE"), true},
             {reason(Code::new_, "imagetype.DB_PSU", 16, "a new image type")}),
      change(subscription_address(fpps2, series), plan::Instantiate{sample_subscription()},
             {reason(Code::new_, "subscription.fpps-2.series.db19", 41, "a new subscription")}),
      change(copy_address(fpps2, ImageName::of("db19_13")), plan::WithdrawCopy{fpps2, sample_row("db19_13")},
             {reason(Code::withdrawn, "subscription.fpps-2.all", 50, "its origin withdrew it")}),
      change(image_address(local.name), plan::AddImage{local, std::nullopt, 5'000'000'000},
             {reason(Code::new_, "image.db19_24", 20, "a new image")}),
      change(series_address(SeriesName::of("mine")),
             plan::CreateSeries{SeriesName::of("mine"), {ImageName::of("a"), ImageName::of("b")}, std::nullopt},
             {reason(Code::new_, "series.mine", 30, "a new series")}),
      change(catalog_address(), plan::Publish{}, {reason(Code::changed, "", 0, "what is published changes")}),
      sample_copy("db19_25", 4'100'000'000, 1'200'000'000),
      reused,
      late,
      change(copy_address(fpps2, ImageName::of("db19_20")), plan::UpdateCopy{fpps2, sample_row("db19_20"), {"labels: team=ops"}},
             {reason(Code::changed, "subscription.fpps-2.all", 50, "its labels changed")}),
      change(subscription_address(fpps3, SelectAll{}), plan::Uninstantiate{fpps3, sample_id("fpps-3"), SelectAll{}, 9},
             {reason(Code::dropped, "subscription.fpps-3.all", 0, "no longer in the manifest")}),
      change(peer_address(fpps3), plan::UnregisterPeer{fpps3, sample_id("fpps-3")},
             {reason(Code::dropped, "peer.fpps-3", 0, "no longer in the manifest")}),
      change(image_address(ImageName::of("old")), plan::DeleteImage{3, ImageName::of("old")},
             {reason(Code::dropped, "image.old", 0, "no longer in the manifest")}, 2'000'000),
  };
  plan.actions.front().because.front().by = std::make_shared<const CommitLine>(
      CommitLine{.id = std::string(40, 'e'), .author = "Ann <ann@example.net>", .subject = "Add fpps-2"});
  plan.blocked = {{copy_address(fpps2, ImageName::of("clash")), Verb::copy, Code::name_conflict,
                   "an image of that name is here with other bytes", "give the copies other names with as = \"{peer}-{name}\"",
                   At{"ingot.toml", 41}}};
  plan.held = {{image_address(ImageName::of("x")), Verb::delete_, Code::removals, "6 removals, at most 5 are allowed",
                "--raise-limit removals=6"}};
  plan.unknown = {{ServerName::of("fpps-4"), Code::unreachable, "https://gold.fpps-4.example.net/head.dsse: no connection",
                   At{"ingot.toml", 70}},
                  {ServerName::of("fpps-5"), Code::untrusted, "rollback: serial 7 was accepted, now 6 is served \x1b[31m",
                   At{"ingot.toml", 80}}};
  plan.notes = {{Code::before_baseline, "subscription.fpps-2.series.db19",
                 "3 images (9 GB) match but lie before it; since = \"start\" takes them"},
                {Code::unmanaged, "image.i1", "not in the manifest"},
                {Code::unmanaged, "image.i2", "not in the manifest"},
                {Code::unmanaged, "image.i3", "not in the manifest"},
                {Code::unmanaged, "image.i4", "not in the manifest"}};
  plan.limits = {{"max_bytes", "1.2 GB", "500 GB", "ingot.toml:17"}, {"min_free", "46 GB", "5 %", "default"}};
  return plan;
}

}  // namespace ingot::testing_support
