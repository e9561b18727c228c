#include "tests/support/tree_server.hpp"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <thread>

#include <httplib.h>

#include "reconciler/io/hash.hpp"

namespace ingot::testing_support {

struct TreeServer::Impl {
  httplib::Server server;
  int port = 0;
  std::thread thread;
  mutable std::mutex mutex;
  std::map<std::string, std::string> tree;
  std::map<std::string, std::function<Answer(const Asked&)>> instead;
  std::vector<Asked> asked;

  void answer(const httplib::Request& request, httplib::Response& response) {
    Asked question{request.path.substr(1), {}, request.remote_port};
    for (const auto& [name, value] : request.headers) {
      std::string folded = name;
      std::transform(folded.begin(), folded.end(), folded.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      question.headers[folded] = value;
    }
    std::function<Answer(const Asked&)> other;
    std::string body;
    bool there = false;
    {
      const std::lock_guard lock(mutex);
      asked.push_back(question);
      const auto special = instead.contains(question.path) ? instead.find(question.path) : instead.find("*");
      if (special != instead.end()) other = special->second;
      const auto found = tree.find(question.path);
      there = found != tree.end();
      if (there) body = found->second;
    }
    if (other) return give(other(question), response);
    if (!there) return give({404, "not here", "text/plain", {}}, response);
    const std::string etag = "\"" + io::sha256(body).hex().substr(0, 32) + "\"";
    const auto condition = question.headers.find("if-none-match");
    if (condition != question.headers.end() && condition->second == etag) return give({304, "", "", {{"ETag", etag}}}, response);
    give({200, body, "application/octet-stream", {{"ETag", etag}}}, response);
  }

  static void give(const Answer& answer, httplib::Response& response) {
    if (!answer.content_type.empty()) response.set_content(answer.body, answer.content_type);
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    if (answer.status != 200) response.status = answer.status;  // left alone, httplib makes a range of it
  }
};

TreeServer::TreeServer() : impl_(std::make_unique<Impl>()) {
  impl_->server.Get(".*",
                    [this](const httplib::Request& request, httplib::Response& response) { impl_->answer(request, response); });
  impl_->server.set_tcp_nodelay(true);
  impl_->server.set_keep_alive_max_count(100'000);
  impl_->server.set_keep_alive_timeout(1);  // seconds that its end waits for an idle connection
  impl_->port = impl_->server.bind_to_any_port("127.0.0.1");
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  while (!impl_->server.is_running()) std::this_thread::yield();
}

TreeServer::~TreeServer() {
  impl_->server.stop();
  impl_->thread.join();
}

std::string TreeServer::url() const { return "http://127.0.0.1:" + std::to_string(impl_->port) + "/"; }

void TreeServer::serve(std::map<std::string, std::string> tree) {
  const std::lock_guard lock(impl_->mutex);
  impl_->tree = std::move(tree);
}

void TreeServer::put(const std::string& path, const std::string& bytes) {
  const std::lock_guard lock(impl_->mutex);
  impl_->tree[path] = bytes;
}

void TreeServer::remove(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  impl_->tree.erase(path);
}

void TreeServer::instead(const std::string& path, std::function<Answer(const Asked&)> answer) {
  const std::lock_guard lock(impl_->mutex);
  if (answer)
    impl_->instead[path] = std::move(answer);
  else
    impl_->instead.erase(path);
}

std::vector<Asked> TreeServer::asked() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->asked;
}

std::vector<std::string> TreeServer::asked_paths() const {
  std::vector<std::string> paths;
  for (const auto& question : asked()) paths.push_back(question.path);
  return paths;
}

void TreeServer::forget() {
  const std::lock_guard lock(impl_->mutex);
  impl_->asked.clear();
}

}  // namespace ingot::testing_support
