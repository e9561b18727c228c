#include "tests/support/nginx.hpp"

#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ingot::testing_support {

namespace {

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

bool answers(int port) {
  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(socket_);
  return connected;
}

}  // namespace

Nginx::Nginx(const std::string& public_folder, const std::string& folder, const std::string& extra, const std::string& http)
    : folder_(folder), port_(free_port()) {
  std::string text = read_text(std::string(INGOT_SOURCE_DIR) + "/examples/nginx.conf");
  replace_all(text, "@PORT@", std::to_string(port_));
  replace_all(text, "@PUBLIC@", public_folder);
  // One line an access, so that a test can count what was asked.
  replace_all(text, "access_log access.log;",
              "log_format asked '$request_method $request_uri $status'; access_log access.log asked;");
  replace_all(text, "autoindex off;", "autoindex off; " + extra);
  replace_all(text, "sendfile on;", "sendfile on; " + http);
  // Workers of a root nginx become another user, who cannot read a test's folder.
  if (geteuid() == 0) text = "user root;\n" + text;
  write_text(folder_ + "/nginx.conf", text);
  start();
}

void Nginx::start() {
  process_ =
      std::make_unique<Running>(Command{.arguments = {"/usr/sbin/nginx", "-p", folder_, "-e", "error.log", "-c", "nginx.conf"},
                                        .folder = folder_,
                                        .environment = {}},
                                folder_ + "/nginx.log");
  for (int i = 0; i < 500; ++i) {
    if (answers(port_)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("nginx (package nginx-light) did not start: " + read_text(folder_ + "/nginx.log"));
}

void Nginx::stop() {
  process_->signal(SIGTERM);
  process_->wait();
}

std::string Nginx::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

std::vector<std::string> Nginx::requests() const {
  std::vector<std::string> lines;
  std::stringstream text(read_text(folder_ + "/access.log"));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

void Nginx::forget_requests() { std::filesystem::resize_file(folder_ + "/access.log", 0); }

}  // namespace ingot::testing_support
