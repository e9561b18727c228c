// All peers of a run together: one bad one never stops the others.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"
#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

TEST_F(observing, R19_one_bad_peer_never_stops_the_others) {
  std::vector<std::unique_ptr<Publisher>> publishers;
  std::vector<std::unique_ptr<TreeServer>> servers;
  for (int i = 0; i < 12; ++i) {
    publishers.push_back(std::make_unique<Publisher>("p" + std::to_string(i), now_));
    publishers.back()->publish(catalog_of(publishers.back()->id(), {{"image" + std::to_string(i), 1}}));
    servers.push_back(std::make_unique<TreeServer>());
    servers.back()->serve(publishers.back()->tree());
    manifest_.peers.push_back(peer_entry("p" + std::to_string(i), *publishers.back(), {servers.back()->url()}));
  }
  questions_.known.resize(manifest_.peers.size());
  servers[0]->put("head.dsse", "garbage");
  servers[3]->serve({});
  servers[5]->instead("*", [](const Asked&) { return Answer{200, "<html>", "text/html", {}}; });
  manifest_.peers[8].urls = {"http://127.0.0.1:1/"};
  manifest_.peers[9].credentials.token_env = "INGOT_NO_SUCH_VARIABLE";
  const auto views = observe();
  ASSERT_EQ(views.size(), 13U);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const bool bad = i == 1 || i == 4 || i == 6 || i == 8 || i == 9;
    EXPECT_EQ(std::holds_alternative<plan::Unknown>(views[i]), bad) << i;
    EXPECT_EQ(std::holds_alternative<plan::PeerCatalog>(views[i]), !bad) << i;
  }
  EXPECT_EQ(std::get<plan::Unknown>(views[1]).code, Code::untrusted);
  EXPECT_THAT(std::get<plan::Unknown>(views[9]).why, HasSubstr("INGOT_NO_SUCH_VARIABLE"));
}

TEST_F(observing, asks_only_whom_it_shall) {
  manifest_.peers.push_back(peer_entry("other", peer_, {server_.url()}));
  questions_.known.resize(2);
  questions_.only = {ServerName::of("other")};
  const auto views = observe();
  EXPECT_EQ(std::get<plan::Unknown>(views[0]).detail_code, Code::not_asked);
  EXPECT_TRUE(std::holds_alternative<plan::PeerCatalog>(views[1]));
}

TEST_F(observing, R24_a_disk_that_cannot_be_written_is_a_note_and_no_more) {
  fs::remove_all(folder_.path());
  std::ofstream(folder_.path()) << "not a folder";
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  EXPECT_NE(memory_->trouble(), std::nullopt);
}

TEST_F(observing, an_interrupt_ends_the_round) {
  io::pretend_interrupted(SIGINT);
  EXPECT_THROW(observe(), Error);
  io::pretend_interrupted(0);
}

/// Every answer takes six minutes, and yet no transfer stalls.
class SlowTransport final : public io::Transport {
 public:
  explicit SlowTransport(FakeClock& clock)
      : clock_(clock), curl_(clock, {.connect_timeout = std::chrono::seconds(5), .retry = {}, .seed = 1}) {}
  std::unique_ptr<io::PeerTransport> peer(const io::PeerAccess& access) override {
    return std::make_unique<Slow>(clock_, curl_.peer(access));
  }

 private:
  struct Slow final : io::PeerTransport {
    Slow(FakeClock& clock, std::unique_ptr<io::PeerTransport> inner) : clock_(clock), inner_(std::move(inner)) {}
    io::Response get(const io::Request& request, const io::ByteSink& sink, const std::function<void()>& restart) override {
      io::Response response = inner_->get(request, sink, restart);
      clock_.sleep_for(std::chrono::minutes(6));
      return response;
    }
    FakeClock& clock_;
    std::unique_ptr<io::PeerTransport> inner_;
  };

  FakeClock& clock_;
  io::CurlTransport curl_;
};

TEST_F(observing, A14_a_peer_that_always_gives_a_little_is_left_and_gone_on_with_in_the_next_run) {
  io::PeerMemory memory(files_, folder_.path());
  SlowTransport transport(clock_);
  questions_.manifest = &manifest_;
  questions_.now = now_;
  const auto first = observe::observe_peers(questions_, transport, memory, clock_, {});
  ASSERT_TRUE(std::holds_alternative<plan::Unknown>(first.at(0)));
  EXPECT_EQ(std::get<plan::Unknown>(first[0]).code, Code::unreachable);
  EXPECT_THAT(std::get<plan::Unknown>(first[0]).why,
              testing::AllOf(testing::HasSubstr("15 minutes"), testing::HasSubstr(path_of_page())));
  EXPECT_THAT(asked(), testing::ElementsAre("root/1.dsse", "head.dsse", path_of_index()));
  const auto second = observe::observe_peers(questions_, transport, memory, clock_, {});
  EXPECT_TRUE(std::holds_alternative<plan::PeerCatalog>(second.at(0)));
  EXPECT_THAT(asked(), testing::ElementsAre("head.dsse", path_of_page()));
}

TEST_F(observing, R31_asking_ends_in_time_for_the_rest_of_a_run_with_a_deadline) {
  io::PeerMemory memory(files_, folder_.path());
  SlowTransport transport(clock_);
  questions_.manifest = &manifest_;
  questions_.now = now_;
  questions_.until = clock_.steady() + std::chrono::minutes(10);
  const auto views = observe::observe_peers(questions_, transport, memory, clock_, {});
  ASSERT_TRUE(std::holds_alternative<plan::Unknown>(views.at(0)));
  EXPECT_EQ(std::get<plan::Unknown>(views[0]).code, Code::unreachable);
  EXPECT_THAT(std::get<plan::Unknown>(views[0]).why, testing::HasSubstr("the time for asking peers"));
  EXPECT_THAT(asked(), testing::ElementsAre("root/1.dsse", "head.dsse"));
}

TEST_F(observing, A14_A15_a_mirror_that_always_gives_a_little_leaves_the_next_one_its_time) {
  io::PeerMemory memory(files_, folder_.path());
  SlowTransport transport(clock_);
  TreeServer other;
  other.serve(peer_.tree());
  manifest_.peers[0].urls.push_back(other.url());
  questions_.manifest = &manifest_;
  questions_.now = now_;
  const auto views = observe::observe_peers(questions_, transport, memory, clock_, {});
  EXPECT_THAT(asked(), testing::ElementsAre("root/1.dsse", "head.dsse"));
  EXPECT_THAT(other.asked_paths(), testing::Not(testing::IsEmpty()));
}

TEST_F(observing, N7_no_text_shows_a_token) {
  ::setenv("INGOT_TEST_TOKEN", "s3cr3t-canary", 1);
  manifest_.peers[0].credentials.token_env = "INGOT_TEST_TOKEN";
  std::vector<std::string> texts;
  for (const int status : {401, 403, 500, 302, 200}) {
    server_.instead("*", [=](const Asked& asked) {
      return Answer{status, asked.headers.contains("authorization") ? "{" : "x", "text/plain", {}};
    });
    texts.push_back(unknown().why);
  }
  ::unsetenv("INGOT_TEST_TOKEN");
  ASSERT_TRUE(server_.asked()[0].headers.contains("authorization"));
  for (const auto& text : texts) EXPECT_THAT(text, Not(HasSubstr("canary")));
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(io::read_file(files_, entry.path(), 1 << 20), Not(HasSubstr("canary")));
  }
}

TEST_F(observing, a_disk_is_a_peer_like_any_other) {
  TestFolder disk;
  peer_.write_to(disk.path());
  manifest_.peers[0].urls = {"file://" + disk.path() + "/"};
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  publish({{"db19_24", 1}, {"db19_25", 2}});
  peer_.write_to(disk.path());
  EXPECT_THAT(names(), UnorderedElementsAre("db19_24", "db19_25"));
}

TEST_F(observing, tells_what_it_is_doing) {
  memory_ = std::make_unique<io::PeerMemory>(files_, folder_.path());
  io::CurlTransport transport(clock_, {});
  questions_.manifest = &manifest_;
  questions_.now = now_;
  std::vector<std::string> told;
  observe::observe_peers(questions_, transport, *memory_, clock_,
                         [&](const ServerName& name, const std::string& what) { told.push_back(name.text() + ": " + what); });
  EXPECT_THAT(told, ElementsAre("fpps-2: asking " + server_.url(), "fpps-2: read 1 of 1 pages"));
}

}  // namespace
}  // namespace ingot::testing_support
