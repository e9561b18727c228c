#include "tests/support/hostile_server.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>

#include "reconciler/io/hash.hpp"

namespace ingot::testing_support {

namespace {

std::string folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Question parse(const std::string& head) {
  Question question;
  std::stringstream lines(head);
  std::string line;
  std::getline(lines, line);
  const auto from = line.find(" /");
  const auto to = line.rfind(" HTTP/");
  if (from != std::string::npos && to != std::string::npos && to >= from + 2)
    question.path = line.substr(from + 2, to - from - 2);
  while (std::getline(lines, line) && line != "\r") {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    while (!value.empty() && (value.back() == '\r' || value.back() == ' ')) value.pop_back();
    question.headers[folded(line.substr(0, colon))] = value;
  }
  return question;
}

struct ByteRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// "bytes=5-9" and "bytes=5-".
std::optional<ByteRange> range_of(const std::string& text, std::size_t size) {
  const auto dash = text.find('-');
  if (!text.starts_with("bytes=") || dash == std::string::npos) return std::nullopt;
  ByteRange range{0, size - 1};
  std::from_chars(text.data() + 6, text.data() + dash, range.first);
  if (dash + 1 < text.size()) std::from_chars(text.data() + dash + 1, text.data() + text.size(), range.last);
  return range;
}

}  // namespace

std::string Question::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string http_answer(const std::string& status, const std::string& headers, const std::string& body) {
  const std::string all = folded(headers);
  const bool sized = all.find("content-length:") != std::string::npos || all.find("transfer-encoding:") != std::string::npos;
  return "HTTP/1.1 " + status + "\r\n" + headers + (sized ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
         "Connection: close\r\n\r\n" + body;
}

HostileServer::Manner always_sends(const std::string& bytes) {
  return [bytes](const RawConnection& connection, const Question&) { connection.send(bytes); };
}

void HostileServer::serve(std::map<std::string, std::string> tree) {
  const std::lock_guard lock(mutex_);
  tree_ = std::move(tree);
}

void HostileServer::instead(const std::string& path, Manner manner) {
  const std::lock_guard lock(mutex_);
  if (manner)
    manners_[path] = std::move(manner);
  else
    manners_.erase(path);
}

void HostileServer::behave() {
  const std::lock_guard lock(mutex_);
  manners_.clear();
}

std::vector<Question> HostileServer::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::vector<std::string> HostileServer::asked_paths() const {
  std::vector<std::string> paths;
  for (const auto& question : asked()) paths.push_back(question.path);
  return paths;
}

void HostileServer::forget() {
  const std::lock_guard lock(mutex_);
  asked_.clear();
}

void HostileServer::answer(const RawConnection& connection, const std::string& head) {
  const Question question = parse(head);
  Manner manner;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(question);
    const auto own = manners_.find(question.path);
    const auto found = own != manners_.end() ? own : manners_.find("*");
    if (found != manners_.end()) manner = found->second;
  }
  if (manner)
    manner(connection, question);
  else
    answer_honestly(connection, question);
}

void HostileServer::answer_honestly(const RawConnection& connection, const Question& question) const {
  std::optional<std::string> body;
  {
    const std::lock_guard lock(mutex_);
    const auto found = tree_.find(question.path);
    if (found != tree_.end()) body = found->second;
  }
  if (!body) {
    connection.send(http_answer("404 Not Found", "", "not here"));
    return;
  }
  const std::string etag = "\"" + io::sha256(*body).hex().substr(0, 32) + "\"";
  const std::string tag = "ETag: " + etag + "\r\n";
  if (question.header("if-none-match") == etag) {
    connection.send("HTTP/1.1 304 Not Modified\r\n" + tag + "Connection: close\r\n\r\n");
    return;
  }
  const auto range = question.header("range").empty() ? std::nullopt : range_of(question.header("range"), body->size());
  if (!range) {
    connection.send(http_answer("200 OK", tag, *body));
    return;
  }
  if (range->first >= body->size() || range->last < range->first) {
    connection.send(
        http_answer("416 Range Not Satisfiable", "Content-Range: bytes */" + std::to_string(body->size()) + "\r\n", ""));
    return;
  }
  const std::size_t last = std::min(range->last, body->size() - 1);
  const std::string which = std::to_string(range->first) + "-" + std::to_string(last) + "/" + std::to_string(body->size());
  connection.send(http_answer("206 Partial Content", tag + "Content-Range: bytes " + which + "\r\n",
                              body->substr(range->first, last - range->first + 1)));
}

}  // namespace ingot::testing_support
