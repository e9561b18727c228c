// A real PostgreSQL on a Unix socket and a port of loopback, in a folder of its own, as a user without rights; ended when this
// goes.
#pragma once

#include <memory>
#include <string>

#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {

class PostgresServer {
 public:
  /// Waits until it answers. `options`: more settings for its command line, such as "-c fsync=on".
  explicit PostgresServer(const std::vector<std::string>& options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// Why it did not start; "": it did.
  const std::string& why_not() const { return why_not_; }
  /// Of its database, by the socket, as a user who may do everything.
  std::string url() const { return url_for("postgres"); }
  std::string url_for(const std::string& user) const;
  /// The same by TCP.
  std::string tcp_url_for(const std::string& user, const std::string& options = "") const;
  int port() const { return port_; }
  /// Runs statements as that user who may do everything; gives what they print, a row a line. Throws std::runtime_error.
  std::string sql(const std::string& text) const;
  /// As if it lost its power.
  void stop_at_once();
  void start();

 private:
  std::vector<std::string> as_its_user(const std::vector<std::string>& command) const;

  TestFolder folder_{quick_folder()};
  std::string programs_;
  std::vector<std::string> options_;
  int port_ = 0;
  std::unique_ptr<Running> process_;
  std::string why_not_;
};

/// One for all tests of a program, started when it is first asked for.
PostgresServer& postgres();

}  // namespace ingot::testing_support
