// Uploads of a small tree to a store in memory: the order, what is put again, parts, and what gc removes.
#include "reconciler/upload/upload.hpp"

#include <algorithm>
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/net/curl_http.hpp"
#include "schema/error.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/memory_records.hpp"
#include "tests/support/process.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::upload {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing_support::FakeStore;
using testing_support::MemoryRecords;
using testing_support::StoreFault;

constexpr std::uint64_t small_part = 1024 * 1024;

class uploading : public testing::Test {
 protected:
  uploading() {
    store_.make_bucket("gold");
    own_ = {.first_root = "root", .own_serial = [](const std::string& envelope) -> std::optional<Serial> {
              return envelope.starts_with("head ") ? std::optional<Serial>(std::stoull(envelope.substr(5))) : std::nullopt;
            }};
    std::filesystem::create_directories(folder_ / "root");
    std::filesystem::create_directories(folder_ / "b");
    std::filesystem::create_directories(folder_ / "c");
    publish(1, {{"root/1.dsse", "root"}, {"b/one", "the bytes"}, {"c/page", "names b/one"}, {"c/index", "names c/page"}});
  }

  void publish(Serial serial, const std::map<std::string, std::string>& files) {
    tree_ = {.serial = serial, .files = {}};
    for (const Layer layer : {Layer::roots, Layer::bytes, Layer::pages, Layer::index}) {
      for (const auto& [path, bytes] : files) {
        if (layer_of(path) == layer) add(path, bytes, layer);
      }
    }
    add(head_path, "head " + std::to_string(serial), Layer::head);
  }
  static Layer layer_of(const std::string& path) {
    if (path.starts_with("root/")) return Layer::roots;
    if (path.starts_with("b/")) return Layer::bytes;
    return path == "c/index" ? Layer::index : Layer::pages;
  }
  void add(const std::string& path, const std::string& bytes, Layer layer) {
    testing_support::write_text(folder_ / path, bytes);
    tree_.files.push_back({.path = path, .piece = {.digest = io::sha256(bytes), .length = bytes.size()}, .layer = layer});
  }

  UploadSums put() {
    return upload(bucket_, records_, files_, folder_.path(), tree_, own_,
                  {.parallel = 4, .part_size = small_part, .progress = {}, .may_go_on = {}});
  }
  CollectedObjects collected(const std::set<std::string>& needed, const CollectRules& rules) {
    CollectedObjects result;
    collect(bucket_, records_, needed, rules, result);
    return result;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (const auto& [path, object] : store_.objects()) paths.push_back(path.substr(std::string("gold/x/").size()));
    return paths;
  }
  std::vector<std::string> puts() const {
    std::vector<std::string> puts;
    for (const auto& one : store_.asked()) {
      if (one.starts_with("PUT ")) puts.push_back(one.substr(std::string("PUT /gold/x/").size()));
    }
    return puts;
  }
  Code code_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) { return error.code(); }
    return Code::none;
  }

  testing_support::TestFolder folder_;
  FakeStore store_;
  io::SystemClock clock_;
  io::CurlHttp http_;
  io::PosixFiles files_;
  Bucket bucket_{http_,
                 UploadEntry{.name = UploadName::of("s3"), .bucket = "gold", .prefix = "x/", .endpoint = store_.address()},
                 store_.key(),
                 clock_,
                 {.retry = {.attempts = 1}, .may_go_on = {}}};
  MemoryRecords records_;
  TreeFiles tree_;
  OwnTree own_;
};

TEST_F(uploading, puts_all_once_in_order) {
  EXPECT_EQ(put().objects, 5U);
  EXPECT_THAT(puts(), ElementsAre("root/1.dsse", "b/one", "c/page", "c/index", "head.dsse"));
  store_.forget();
  EXPECT_EQ(put().objects, 0U);
  EXPECT_THAT(store_.asked(), ElementsAre("GET /gold/x/head.dsse"));
}

TEST_F(uploading, puts_no_head_while_something_is_missing) {
  store_.fail([](const std::string& request) -> std::optional<StoreFault> {
    return request == "PUT /gold/x/c/page" ? std::optional(StoreFault{}) : std::nullopt;
  });
  EXPECT_EQ(code_of([&] { put(); }), Code::unreachable);
  EXPECT_THAT(paths(), ElementsAre("b/one", "root/1.dsse"));
  store_.fail(nullptr);
  store_.forget();
  put();
  EXPECT_THAT(puts(), ElementsAre("c/page", "c/index", "head.dsse"));
}

TEST_F(uploading, a_file_that_is_damaged_here_is_refused_by_the_store) {
  testing_support::write_text(folder_ / "b/one", "bad bytes");
  EXPECT_EQ(code_of([&] { put(); }), Code::damaged);
  EXPECT_THAT(paths(), Not(Contains("b/one")));
}

TEST_F(uploading, looks_before_it_puts_where_the_state_was_lost) {
  put();
  MemoryRecords lost;
  store_.forget();
  upload(bucket_, lost, files_, folder_.path(), tree_, own_,
         {.parallel = 4, .part_size = small_part, .progress = {}, .may_go_on = {}});
  EXPECT_THAT(puts(), ElementsAre("head.dsse"));
  EXPECT_EQ(lost.objects().size(), tree_.files.size());
}

TEST_F(uploading, what_was_put_before_the_bucket_was_emptied_is_put_again) {
  store_.fail([](const std::string& request) -> std::optional<StoreFault> {
    return request == "PUT /gold/x/c/index" ? std::optional(StoreFault{}) : std::nullopt;
  });
  EXPECT_EQ(code_of([&] { put(); }), Code::unreachable);
  for (const auto& path : paths()) store_.remove("gold/x/" + path);
  store_.fail(nullptr);
  put();
  EXPECT_THAT(paths(), ElementsAre("b/one", "c/index", "c/page", "head.dsse", "root/1.dsse"));
}

TEST_F(uploading, a_head_whose_keys_were_revoked_proves_nothing) {
  put();
  for (const auto& path : paths()) store_.remove("gold/x/" + path);
  store_.put("gold/x/head.dsse", "head 0");
  MemoryRecords other;  // no head was put, as far as these know
  other.begin(tree_.files);
  std::vector<std::pair<TreeFile, std::string>> all;
  for (const TreeFile& file : tree_.files) all.emplace_back(file, "etag");
  other.done(all);
  upload(bucket_, other, files_, folder_.path(), tree_, own_,
         {.parallel = 4, .part_size = small_part, .progress = {}, .may_go_on = {}});
  EXPECT_THAT(paths(), ElementsAre("b/one", "c/index", "c/page", "head.dsse", "root/1.dsse"));
}

TEST_F(uploading, puts_the_head_again_if_it_alone_is_not_known_to_be_there) {
  put();
  records_.begin({tree_.files.back()});
  store_.forget();
  put();
  EXPECT_THAT(puts(), ElementsAre("head.dsse"));
  EXPECT_TRUE(records_.objects().at("head.dsse").etag);
}

/// Records whose run dies between the head in the store and what it records of that.
class dies_at_the_head final : public MemoryRecords {
 public:
  void done(const std::vector<std::pair<TreeFile, std::string>>& files) override {
    if (dies && files.front().first.path == head_path) throw Error(Fault::local, "it died");
    MemoryRecords::done(files);
  }
  bool dies = true;
};

TEST_F(uploading, a_run_that_died_behind_the_head_makes_the_next_one_look_at_nothing) {
  dies_at_the_head records;
  const auto put_there = [&] {
    upload(bucket_, records, files_, folder_.path(), tree_, own_,
           {.parallel = 4, .part_size = small_part, .progress = {}, .may_go_on = {}});
  };
  EXPECT_THROW(put_there(), Error);
  publish(2, {{"root/1.dsse", "root"}, {"b/one", "the bytes"}, {"c/page2", "names b/one"}, {"c/index", "names c/page"}});
  records.dies = false;
  store_.forget();
  put_there();
  EXPECT_THAT(store_.asked(), ElementsAre("GET /gold/x/head.dsse", "PUT /gold/x/c/page2", "PUT /gold/x/head.dsse"));
}

TEST_F(uploading, refuses_a_newer_head_of_its_own) {
  put();
  publish(9, {{"root/1.dsse", "root"}});
  put();
  publish(2, {{"root/1.dsse", "root"}});
  EXPECT_EQ(code_of([&] { put(); }), Code::old_state);
}

TEST_F(uploading, large_files_go_in_parts_which_are_kept_when_a_run_dies) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(3 * small_part + 5, 'x')}});
  store_.fail([](const std::string& request) -> std::optional<StoreFault> {
    return request.ends_with("?uploadId") ? std::optional(StoreFault{}) : std::nullopt;  // the last request of all
  });
  EXPECT_EQ(code_of([&] { put(); }), Code::unreachable);
  EXPECT_EQ(store_.open_uploads(), 1U);
  store_.fail(nullptr);
  store_.forget();
  put();
  EXPECT_THAT(puts(), ElementsAre("head.dsse"));
  EXPECT_EQ(store_.open_uploads(), 0U);
  EXPECT_EQ(store_.objects()["gold/x/b/large"].bytes.size(), 3 * small_part + 5);
}

TEST_F(uploading, an_upload_in_parts_that_was_finished_before_the_run_died_is_found) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  bool finished = false;
  store_.fail([&](const std::string& request) -> std::optional<StoreFault> {
    finished = finished || (request.starts_with("POST") && request.ends_with("?uploadId"));
    return finished ? std::optional(StoreFault{.done = true}) : std::nullopt;
  });
  EXPECT_EQ(code_of([&] { put(); }), Code::unreachable);
  store_.fail(nullptr);
  put();
  EXPECT_EQ(store_.open_uploads(), 0U);
  EXPECT_THAT(paths(), Contains("head.dsse"));
}

TEST_F(uploading, an_upload_in_parts_whose_end_was_not_heard_is_found_at_once) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  store_.fail([](const std::string& request) -> std::optional<StoreFault> {
    return request.starts_with("POST") && request.ends_with("?uploadId") ? std::optional(StoreFault{.done = true}) : std::nullopt;
  });
  put();
  EXPECT_EQ(store_.open_uploads(), 0U);
  EXPECT_THAT(paths(), Contains("head.dsse"));
}

TEST_F(uploading, begins_anew_when_the_store_forgot_the_parts) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  records_.begin(tree_.files);
  records_.parts_are("b/large", "gone");
  put();
  EXPECT_THAT(paths(), Contains("b/large"));
  EXPECT_EQ(store_.open_uploads(), 0U);
}

TEST_F(uploading, large_files_go_in_groups) {
  std::map<std::string, std::string> files{{"root/1.dsse", "root"}};
  for (char name = 'a'; name < 'k'; ++name) files[std::string("b/") + name] = std::string(small_part + 1, name);
  publish(1, files);
  std::atomic<int> open = 0, most = 0;
  store_.fail([&](const std::string& request) -> std::optional<StoreFault> {
    if (request.ends_with("?uploads")) most = std::max<int>(most, ++open);
    if (request.starts_with("POST") && request.ends_with("?uploadId")) --open;
    return std::nullopt;
  });
  put();
  EXPECT_EQ(most, 4);
  EXPECT_EQ(paths().size(), 12U);
}

TEST_F(uploading, asks_whether_it_may_go_on_while_it_reads_a_large_file) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  int asked = 0;
  const auto stop = [&] {
    if (++asked == 4) throw Error(Fault::interrupted, "stopped");
  };
  const auto put_until_stopped = [&] {
    upload(bucket_, records_, files_, folder_.path(), tree_, own_,
           {.parallel = 1, .part_size = small_part, .progress = {}, .may_go_on = stop});
  };
  EXPECT_THROW(put_until_stopped(), Error);
  EXPECT_THAT(store_.asked(), Not(Contains("POST /gold/x/b/large?uploads")));
}

TEST_F(uploading, parts_of_a_file_that_was_damaged_since_are_not_gone_on_with) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(3 * small_part, 'x')}});
  store_.fail([](const std::string& request) -> std::optional<StoreFault> {
    return request.starts_with("POST") && request.ends_with("?uploadId") ? std::optional(StoreFault{}) : std::nullopt;
  });
  EXPECT_EQ(code_of([&] { put(); }), Code::unreachable);
  store_.fail(nullptr);
  testing_support::write_text(folder_ / "b/large", std::string(3 * small_part - 1, 'x') + "y");
  EXPECT_EQ(code_of([&] { put(); }), Code::damaged);
  EXPECT_THAT(paths(), Not(Contains("b/large")));
}

TEST_F(uploading, drops_the_parts_that_it_begins_anew) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  int finished = 0;
  store_.fail([&](const std::string& request) -> std::optional<StoreFault> {
    const bool first = request.starts_with("POST") && request.ends_with("?uploadId") && ++finished == 1;
    return first ? std::optional(StoreFault{.status = 400, .code = "InvalidPart"}) : std::nullopt;
  });
  put();
  EXPECT_THAT(paths(), Contains("b/large"));
  EXPECT_EQ(store_.open_uploads(), 0U);
}

TEST_F(uploading, begins_anew_where_a_store_fails_at_parts_that_it_has_lost) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  int finished = 0;
  const auto fail_at_first = [&](const std::string& request) -> std::optional<StoreFault> {
    const bool first = request.starts_with("POST") && request.ends_with("?uploadId") && ++finished == 1;
    return first ? std::optional(StoreFault{}) : std::nullopt;
  };
  store_.fail(fail_at_first);
  EXPECT_EQ(code_of([&] { put(); }), Code::unreachable);
  ASSERT_EQ(store_.open_uploads(), 1U) << "it knows the parts: they are kept for the next run";
  bucket_.drop_parts("b/large", records_.parts("b/large").value().id);
  finished = 0;
  store_.fail(fail_at_first);
  put();
  EXPECT_EQ(finished, 2);
  EXPECT_THAT(paths(), Contains("b/large"));
  EXPECT_EQ(store_.open_uploads(), 0U);
}

TEST_F(uploading, drops_the_parts_of_a_file_that_is_there_already) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  put();
  records_.begin({tree_.files[1]});
  records_.parts_are("b/large", bucket_.start_parts("b/large", tree_.files[1].piece, served_as("b/large")));
  put();
  EXPECT_EQ(store_.open_uploads(), 0U);
  EXPECT_THAT(records_.paths_in_parts(), IsEmpty());
}

TEST_F(uploading, drops_the_parts_of_other_bytes) {
  const Piece old{.digest = io::sha256("of an older tree"), .length = 5};
  records_.begin({{.path = "b/one", .piece = old}});
  records_.parts_are("b/one", bucket_.start_parts("b/one", old, served_as("b/one")));
  put();
  EXPECT_EQ(store_.open_uploads(), 0U);
}

TEST_F(uploading, progress_never_passes_the_total) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(2 * small_part, 'x')}});
  records_.begin(tree_.files);
  records_.parts_are("b/large", "gone");
  records_.part_is_there("b/large", 1, "gone");
  std::uint64_t last = 0;
  const auto tell = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_LE(done, total);
    last = total - done;
  };
  upload(bucket_, records_, files_, folder_.path(), tree_, own_,
         {.parallel = 1, .part_size = small_part, .progress = tell, .may_go_on = {}});
  EXPECT_EQ(last, 0U);
}

TEST_F(uploading, repairs_a_large_object_that_another_program_put_there) {
  publish(1, {{"root/1.dsse", "root"}, {"b/large", std::string(small_part, 'x')}});
  put();
  store_.put("gold/x/b/large", std::string(small_part, 'y'), {{"x-amz-meta-ingot-sha256", tree_.files[1].piece.digest.hex()}});
  EXPECT_THAT(verify(bucket_, records_, tree_, {.parallel = 2, .progress = {}, .may_go_on = {}}, true),
              ElementsAre(WrongObject{"b/large", "was put there by another program"}));
  put();
  EXPECT_EQ(store_.objects()["gold/x/b/large"].bytes, std::string(small_part, 'x'));
}

TEST_F(uploading, verify_tells_what_is_missing_or_other) {
  put();
  EXPECT_THAT(verify(bucket_, records_, tree_, {.parallel = 2, .progress = {}, .may_go_on = {}}, false), IsEmpty());
  store_.remove("gold/x/b/one");
  store_.put("gold/x/c/page", "nonsense of another length");
  EXPECT_THAT(verify(bucket_, records_, tree_, {.parallel = 2, .progress = {}, .may_go_on = {}}, true),
              ElementsAre(WrongObject{"b/one", "is missing"}, WrongObject{"c/page", "has other bytes"}));
  put();
  EXPECT_THAT(verify(bucket_, records_, tree_, {.parallel = 2, .progress = {}, .may_go_on = {}}, false), IsEmpty());
}

TEST_F(uploading, verify_tells_bytes_that_another_program_put_there) {
  put();
  store_.put("gold/x/b/one", "THE BYTES");
  EXPECT_THAT(verify(bucket_, records_, tree_, {.parallel = 1, .progress = {}, .may_go_on = {}}, false),
              ElementsAre(WrongObject{"b/one", "was put there by another program"}));
}

TEST_F(uploading, gc_removes_after_the_grace_what_it_put_there) {
  put();
  store_.put("gold/x/b/of-others", "not ours");
  const std::set<std::string> needed{"root/1.dsse", "c/index", "head.dsse", "c/page"};
  const Time day = *parse_time("2026-01-01T00:00:00Z");
  const auto gc = [&](Time now, bool dry_run = false) {
    return collected(needed, {.now = now, .grace = std::chrono::hours(24 * 14), .dry_run = dry_run});
  };
  EXPECT_EQ(gc(day).waiting.size(), 1U);
  EXPECT_THAT(gc(day + std::chrono::hours(24 * 13)).taken, IsEmpty());
  EXPECT_EQ(gc(day + std::chrono::hours(24 * 15), true).taken.size(), 1U);
  EXPECT_THAT(paths(), Contains("b/one"));
  EXPECT_EQ(gc(day + std::chrono::hours(24 * 15)).taken.size(), 1U);
  EXPECT_THAT(paths(), ElementsAre("b/of-others", "c/index", "c/page", "head.dsse", "root/1.dsse"));
  EXPECT_THAT(gc(day + std::chrono::hours(24 * 30)).taken, IsEmpty());
}

TEST_F(uploading, gc_tells_what_it_removed_before_the_store_failed) {
  put();
  store_.fail([](const std::string& request) -> std::optional<StoreFault> {
    return request == "DELETE /gold/x/c/page" ? std::optional(StoreFault{}) : std::nullopt;
  });
  CollectedObjects result;
  const CollectRules at_once{.now = *parse_time("2026-01-01T00:00:00Z"), .grace = Seconds(0)};
  EXPECT_EQ(code_of([&] {
              collect(bucket_, records_, {"c/index", "head.dsse", "root/1.dsse"}, at_once, result);
            }),
            Code::unreachable);
  ASSERT_EQ(result.taken.size(), 1U);
  EXPECT_EQ(result.taken.front().path, "b/one");
  EXPECT_FALSE(records_.objects().contains("b/one"));
}

TEST_F(uploading, gc_asks_before_it_removes_something) {
  put();
  int asked = 0;
  CollectRules rules{.now = *parse_time("2026-01-01T00:00:00Z"), .grace = Seconds(0), .may_remove = [&] {
                       ++asked;
                       return false;
                     }};
  const std::set<std::string> all{"root/1.dsse", "b/one", "c/index", "head.dsse", "c/page"};
  EXPECT_FALSE(collected(all, rules).refused);
  EXPECT_EQ(asked, 0);
  const CollectedObjects result = collected({"head.dsse"}, rules);
  EXPECT_TRUE(result.refused);
  EXPECT_THAT(result.taken, IsEmpty());
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(paths().size(), 5U);
}

TEST_F(uploading, gc_keeps_what_is_needed_again) {
  put();
  const Time day = *parse_time("2026-01-01T00:00:00Z");
  const std::set<std::string> all{"root/1.dsse", "b/one", "c/index", "head.dsse", "c/page"};
  std::set<std::string> fewer = all;
  fewer.erase("b/one");
  const Seconds grace = std::chrono::hours(24);
  collected(fewer, {.now = day, .grace = grace});
  collected(all, {.now = day + grace * 2, .grace = grace});
  EXPECT_THAT(collected(fewer, {.now = day + grace * 3, .grace = grace}).taken, IsEmpty());
}

TEST_F(uploading, gc_drops_parts_that_nothing_will_finish) {
  put();
  const std::string id = bucket_.start_parts("b/gone", {.digest = io::sha256("x"), .length = 1}, served_as("b/gone"));
  records_.begin({{.path = "b/gone", .piece = {.digest = io::sha256("x"), .length = 1}}});
  records_.parts_are("b/gone", id);
  EXPECT_EQ(store_.open_uploads(), 1U);
  collected({}, {.now = *parse_time("2026-01-01T00:00:00Z"), .grace = std::chrono::hours(24)});
  EXPECT_EQ(store_.open_uploads(), 0U);
}

/// A store that gives the same answer to everything.
class one_answer : public testing::Test {
 protected:
  Error error_of(const std::string& answer, const std::function<void(Bucket&)>& work) {
    testing_support::RawServer server(
        [&](const testing_support::RawConnection& connection, const std::string&) { connection.send(answer); });
    UploadEntry place{.name = UploadName::of("s3"), .bucket = "gold", .prefix = "x/", .endpoint = server.url()};
    place.endpoint.pop_back();
    Bucket bucket(http_, place, {.id = "ID", .secret = "secret", .session = ""}, clock_,
                  {.retry = {.attempts = 1}, .may_go_on = {}});
    try {
      work(bucket);
    } catch (const Error& error) { return error; }
    return Error(Fault::internal, "nothing was thrown");
  }
  static std::string answer(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  io::SystemClock clock_;
  io::CurlHttp http_;
};

TEST_F(one_answer, a_304_counts_only_if_it_was_asked_for) {
  const std::string not_modified = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(error_of(not_modified, [](Bucket& bucket) { bucket.get("head.dsse", 10); }).code(), Code::unreachable);
  EXPECT_EQ(error_of(not_modified, [](Bucket& bucket) { bucket.look_at("b/one"); }).code(), Code::unreachable);
  EXPECT_EQ(error_of(not_modified, [](Bucket& bucket) { bucket.remove("b/one"); }).code(), Code::unreachable);
  EXPECT_EQ(error_of(not_modified, [](Bucket& bucket) { bucket.get("head.dsse", 10, "etag"); }).fault(), Fault::internal);
}

TEST_F(one_answer, an_error_after_a_200_counts_where_the_store_answers_with_a_text) {
  const std::string error = answer("200 OK", "<Error xmlns=\"x\"><Code>InternalError</Code></Error>");
  EXPECT_EQ(error_of(error, [](Bucket& bucket) { bucket.finish_parts("b/one", "id", {"etag"}); }).code(), Code::unreachable);
  EXPECT_EQ(error_of(error, [](Bucket& bucket) { bucket.get("index.html", 1000); }).fault(), Fault::internal);
}

TEST_F(one_answer, a_full_bucket_and_a_key_whose_time_is_over_are_told_apart) {
  const auto error_with = [&](const std::string& status, const std::string& code) {
    return error_of(answer(status, "<Error><Code>" + code + "</Code></Error>"), [](Bucket& bucket) { bucket.remove("b/one"); });
  };
  EXPECT_THAT(error_with("507 Insufficient Storage", "").text(), testing::HasSubstr("the bucket is full"));
  EXPECT_THAT(error_with("403 Forbidden", "QuotaExceeded").text(), testing::HasSubstr("the bucket is full"));
  EXPECT_EQ(error_with("400 Bad Request", "ExpiredToken").code(), Code::credentials);
}

TEST_F(uploading, tells_that_the_clock_is_wrong) {
  class Late final : public io::Clock {
   public:
    Time now() override { return *parse_time("2020-01-01T00:00:00Z"); }
    MinuteOfWeek local_minute(Time) override { return 0; }
    std::chrono::steady_clock::time_point steady() override { return std::chrono::steady_clock::now(); }
    void sleep_for(std::chrono::milliseconds) override {}
  } late;
  Bucket bucket(http_, bucket_.place(), store_.key(), late, {.retry = {.attempts = 1}, .may_go_on = {}});
  try {
    bucket.get("head.dsse", 10);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.text(), testing::HasSubstr("differ by more than 15 minutes"));
    EXPECT_EQ(error.mend(), "set the clock of this machine");
  }
}

}  // namespace
}  // namespace ingot::upload
