#include "tests/support/postgres_server.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace ingot::testing_support {

namespace {

namespace fs = std::filesystem;

/// Debian keeps the programs of each version apart, outside PATH. "": there are none.
std::string newest_programs() {
  std::string newest;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none))
    newest = std::max(newest, version.path().string() + "/bin/");
  return newest;
}

}  // namespace

PostgresServer::PostgresServer(const std::vector<std::string>& options)
    : programs_(newest_programs()), options_(options), port_(free_port()) {
  if (programs_.empty()) {
    why_not_ = "PostgreSQL is not installed (package postgresql)";
    return;
  }
  const Ran mine = run({.arguments = {"chmod", "0777", folder_.path()}, .folder = "", .environment = {}});
  const Ran made = run({.arguments = as_its_user({programs_ + "initdb", "-D", folder_ / "data", "-U", "postgres", "-A", "trust",
                                                  "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"}),
                        .folder = "/",
                        .environment = {}});
  if (mine.exit != 0 || made.exit != 0) why_not_ = "initdb: " + made.out + made.err;
  if (!why_not_.empty()) return;
  // One user needs a password, by TCP.
  const std::string rules = folder_ / "data/pg_hba.conf";
  write_text(rules, "host all secret 127.0.0.1/32 scram-sha-256\n" + read_text(rules));
  start();
}

PostgresServer::~PostgresServer() { stop_at_once(); }

/// It refuses to run as root.
std::vector<std::string> PostgresServer::as_its_user(const std::vector<std::string>& command) const {
  std::vector<std::string> words;
  if (::geteuid() == 0) words = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=QUIT", "--"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

void PostgresServer::start() {
  std::vector<std::string> command{
      programs_ + "postgres", "-D", folder_ / "data", "-k", folder_.path(),       "-h", "127.0.0.1", "-p",
      std::to_string(port_),  "-c", "fsync=off",      "-c", "max_connections=200"};
  command.insert(command.end(), options_.begin(), options_.end());
  process_ =
      std::make_unique<Running>(Command{.arguments = as_its_user(command), .folder = "/", .environment = {}}, folder_ / "log");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (run({.arguments = {programs_ + "pg_isready", "-q", "-h", folder_.path(), "-p", std::to_string(port_)},
              .folder = "",
              .environment = {}})
             .exit != 0) {
    if (std::chrono::steady_clock::now() > end) {
      why_not_ = "PostgreSQL does not answer within a minute: " + read_text(folder_ / "log");
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresServer::stop_at_once() {
  if (!process_) return;
  process_->signal(SIGQUIT);
  process_->wait();
  process_.reset();
}

std::string PostgresServer::url_for(const std::string& user) const {
  return "postgresql://" + user + "@/postgres?host=" + folder_.path() + "&port=" + std::to_string(port_);
}

std::string PostgresServer::tcp_url_for(const std::string& user, const std::string& options) const {
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(port_) + "/postgres" + options;
}

std::string PostgresServer::sql(const std::string& text) const {
  const Ran ran = run({.arguments = {"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url(), "-c", text},
                       .folder = "/",
                       .environment = {}});
  if (ran.exit != 0) throw std::runtime_error("psql: " + ran.err);
  return ran.out;
}

PostgresServer& postgres() {
  static PostgresServer server;
  return server;
}

}  // namespace ingot::testing_support
