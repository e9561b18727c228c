#include "tests/support/raw_server.hpp"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ingot::testing_support {

namespace {

constexpr int beat = 20;  ///< milliseconds between looks at the end flag

bool readable(int socket) {
  pollfd question{socket, POLLIN, 0};
  return ::poll(&question, 1, beat) > 0;
}

}  // namespace

bool RawConnection::send(const std::string& bytes) const {
  std::size_t done = 0;
  while (done < bytes.size() && !over_) {
    pollfd question{socket_, POLLOUT, 0};
    if (::poll(&question, 1, beat) <= 0) continue;
    const auto count = ::send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return done == bytes.size();
}

void RawConnection::hold() const {
  std::array<char, 256> buffer{};
  while (!over_) {
    if (readable(socket_) && ::recv(socket_, buffer.data(), buffer.size(), 0) <= 0) return;
  }
}

void RawConnection::reset() const {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

RawServer::RawServer(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  over_ = true;
  acceptor_.join();
  for (auto& worker : workers_) worker.thread.join();
  ::close(listener_);
}

std::string RawServer::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

std::vector<std::string> RawServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void RawServer::accept_all() {
  while (!over_) {
    if (!readable(listener_)) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    reap();
    auto done = std::make_unique<std::atomic<bool>>(false);
    workers_.push_back({std::move(done), {}});
    workers_.back().thread = std::thread([this, socket, over = workers_.back().done.get()] {
      serve(socket);
      *over = true;
    });
  }
}

/// A test may make thousands of connections.
void RawServer::reap() {
  std::erase_if(workers_, [](Worker& worker) {
    if (!*worker.done) return false;
    worker.thread.join();
    return true;
  });
}

void RawServer::serve(int socket) {
  std::string head;
  std::array<char, 4096> buffer{};
  while (!over_ && head.find("\r\n\r\n") == std::string::npos) {
    if (!readable(socket)) continue;
    const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    head.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (head.find("\r\n\r\n") != std::string::npos) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(head);
    }
    script_(RawConnection(socket, over_), head);
  }
  ::shutdown(socket, SHUT_WR);
  ::close(socket);
}

}  // namespace ingot::testing_support
