// An HTTP server on loopback for a tree in memory, by cpp-httplib: ETags, conditional requests, ranges, and a record of
// what was asked. Any path can be given another behaviour. For what a well-formed server never does: raw_server.hpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ingot::testing_support {

struct Asked {
  std::string path;                            ///< without the leading "/"
  std::map<std::string, std::string> headers;  ///< names in lower case
  int client_port = 0;                         ///< the same for requests over one connection
};

struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/octet-stream";
  std::map<std::string, std::string> headers;
};

class TreeServer {
 public:
  TreeServer();
  ~TreeServer();
  TreeServer(const TreeServer&) = delete;
  TreeServer& operator=(const TreeServer&) = delete;

  std::string url() const;  ///< "http://127.0.0.1:PORT/"
  /// Path without the leading "/" → bytes. What is not there is 404.
  void serve(std::map<std::string, std::string> tree);
  void put(const std::string& path, const std::string& bytes);
  void remove(const std::string& path);
  /// Answers `path` ("*": every path) this way from now on; nullptr takes it back.
  void instead(const std::string& path, std::function<Answer(const Asked&)> answer);

  std::vector<Asked> asked() const;
  std::vector<std::string> asked_paths() const;
  void forget();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::testing_support
