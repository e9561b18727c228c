// A TCP server on loopback whose answers are raw bytes: headers without end, cut bodies, silence, resets.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ingot::testing_support {

/// One connection, given to the script; closed when the script returns.
class RawConnection {
 public:
  RawConnection(int socket, const std::atomic<bool>& over) : socket_(socket), over_(over) {}
  /// false: the client has gone.
  bool send(const std::string& bytes) const;
  /// Says nothing until the client closes or the server ends.
  void hold() const;
  /// Ends the connection by a reset in place of an orderly end.
  void reset() const;
  bool over() const { return over_; }

 private:
  int socket_;
  const std::atomic<bool>& over_;
};

class RawServer {
 public:
  /// `script` runs for each connection once its request's head (given) has come; from several threads.
  using Script = std::function<void(const RawConnection& connection, const std::string& request)>;
  explicit RawServer(Script script);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  std::string url() const;  ///< "http://127.0.0.1:PORT/"
  int port() const { return port_; }
  std::vector<std::string> requests() const;  ///< the head of each

 private:
  struct Worker {
    std::unique_ptr<std::atomic<bool>> done;
    std::thread thread;
  };
  void accept_all();
  void serve(int socket);
  void reap();

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> over_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<Worker> workers_;
  std::thread acceptor_;
};

}  // namespace ingot::testing_support
