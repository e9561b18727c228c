// Two machines that run one server over one state (PostgreSQL) upload at once: one is stopped in the middle of its upload, loses
// its session, and wakes when the other has published and uploaded more.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/scenarios/machines.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/upload/upload_stage.hpp"

namespace ingot::scenarios {
namespace {

using testing::IsEmpty;
using testing_support::postgres;
using testing_support::Running;
using testing_support::StoreFault;

struct two_machines : testing::Test {
  testing_support::TestFolder folder;
  testing_support::FakeStore store;
  std::string name = "gold" + std::to_string(::getpid());
  Site here{folder.path(), name, "state = \"" + postgres().url() + "\"\n"};

  void SetUp() override {
    ASSERT_EQ(postgres().why_not(), "");
    store.make_bucket("gold");
    use_key(store.key());
  }

  /// The manifest with one image more.
  void add(const std::string& image, std::size_t bytes) {
    images_ += here.file_image(image, testing_support::noise(bytes));
    here.manifest(images_ + upload_entry(store.address()));
  }

  /// The first machine is stopped behind the first request that `at` is a part of; meanwhile the second one does all.
  void stopped_behind(const std::string& at, std::size_t bytes) {
    SCOPED_TRACE(at);
    add("first" + std::to_string(bytes), bytes);
    std::atomic<pid_t> victim = 0;
    std::atomic<bool> stopped = false;
    store.fail([&](const std::string& request) -> std::optional<StoreFault> {
      if (stopped || request.find(at) == std::string::npos) return std::nullopt;
      while (victim == 0) {}
      kill(victim, SIGSTOP);
      stopped = true;
      return std::nullopt;
    });
    Running running({.arguments = {INGOT_BINARY, "apply", "--yes", "--parallel", "1"}, .folder = here.path(), .environment = {}},
                    folder / "log");
    victim = running.pid();
    for (int i = 0; i < 6'000 && !stopped; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(stopped);
    postgres().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ingot'");
    add("second" + std::to_string(bytes), 100);
    const std::string second = second_machine(here, folder.path());
    std::filesystem::remove_all(second + "/sources");
    std::filesystem::copy(here.path() + "/sources", second + "/sources");
    const Ran other = ingot_in(second, {"apply", "--yes", "--lock-timeout", "30s"});
    EXPECT_EQ(other.exit, 0) << other.out << other.err;
    const auto whole = keys_of(store);
    EXPECT_EQ(bytes_of_head(), testing_support::read_text(here.public_folder() + "/head.dsse"));
    store.forget();
    running.signal(SIGCONT);
    EXPECT_EQ(running.wait(), 6) << testing_support::read_text(folder / "log");
    EXPECT_EQ(bytes_of_head(), testing_support::read_text(here.public_folder() + "/head.dsse"));
    EXPECT_EQ(keys_of(store), whole);
    EXPECT_EQ(store.open_parts(), 0U);
    EXPECT_THAT(actions(here.plan()), IsEmpty());
    EXPECT_EQ(here.ingot({"verify", "--upload", "s3"}).exit, 0);
  }
  std::string images_;
  std::string bytes_of_head() const { return store.objects()["gold/dc1/head.dsse"].bytes; }
};

TEST_F(two_machines, R30_one_that_was_stopped_in_its_upload_puts_nothing_over_what_the_other_uploaded) {
  add("zero", 1);
  here.apply();
  stopped_behind("PUT /gold/dc1/b/", 1'000);
  stopped_behind("PUT /gold/dc1/c/", 2'000);
  stopped_behind("PUT /gold/dc1/head.dsse", 3'000);
  stopped_behind("partNumber", 68'000'000);
}

}  // namespace
}  // namespace ingot::scenarios
