// A peer's web server that is honest until it is told otherwise: a tree in memory, ETags, conditions and ranges as they
// should be, over raw_server.hpp, so that any path can be answered with any bytes, at any pace. Records what was asked.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/raw_server.hpp"

namespace ingot::testing_support {

/// A request as it came.
struct Question {
  std::string path;                            ///< without the leading "/"
  std::map<std::string, std::string> headers;  ///< names in lower case

  std::string header(const std::string& name) const;  ///< "" if it is not there
};

class HostileServer {
 public:
  /// Answers on the connection as it likes; the connection is closed behind it. Called from several threads.
  using Manner = std::function<void(const RawConnection& connection, const Question& question)>;

  HostileServer() : server_([this](const RawConnection& connection, const std::string& head) { answer(connection, head); }) {}

  std::string url() const { return server_.url(); }
  int port() const { return server_.port(); }
  void serve(std::map<std::string, std::string> tree);
  /// Answers `path` ("*": every path that has no manner of its own) in this manner; nullptr: honestly again.
  void instead(const std::string& path, Manner manner);
  /// Every path honestly again.
  void behave();
  /// What an honest server answers.
  void answer_honestly(const RawConnection& connection, const Question& question) const;

  std::vector<Question> asked() const;
  std::vector<std::string> asked_paths() const;
  void forget();

 private:
  void answer(const RawConnection& connection, const std::string& head);

  mutable std::mutex mutex_;
  std::map<std::string, std::string> tree_;
  std::map<std::string, Manner> manners_;
  std::vector<Question> asked_;
  RawServer server_;  ///< last: its threads use the rest
};

/// "HTTP/1.1 200 OK", the header lines, and the body; with a true Content-Length unless `headers` has one or is chunked.
std::string http_answer(const std::string& status, const std::string& headers, const std::string& body);
/// The manner of always sending just these bytes.
HostileServer::Manner always_sends(const std::string& bytes);

}  // namespace ingot::testing_support
