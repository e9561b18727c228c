// A peer in memory: serves a map of paths, records what was asked, and lies on demand.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/transport.hpp"

namespace ingot::testing_support {

/// What goes wrong with one answer. Offsets count in the bytes of the answer.
struct FakeFault {
  std::optional<io::Response::Status> status;  ///< this instead of an answer
  std::optional<std::size_t> cut_after;        ///< the body ends there; with a `status` of unreachable after these bytes
  bool length_known = true;
  bool restarts = false;                  ///< after the cut the transport starts over by itself, once, and succeeds; unless the
                                          ///< caller resumes
  std::optional<std::size_t> wrong_byte;  ///< this byte is changed
  bool failing = false;                   ///< the transport gives up, in place of an answer
  std::size_t too_many = 0;               ///< so many bytes more than there are
  std::function<void(std::size_t)> at_bytes;  ///< called after each piece of a body with the bytes given so far
};

class FakePeer final : public io::PeerTransport {
 public:
  std::map<std::string, std::string> files;
  bool knows_ranges = true;
  std::size_t piece = 64 * 1024;  ///< bytes given to the sink at once
  /// By the number of the request (from 0), or for all.
  std::function<std::optional<FakeFault>(std::size_t number, const io::Request& request)> fault;

  std::vector<io::Request> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  std::uint64_t bytes_given() const {
    const std::scoped_lock lock(mutex_);
    return bytes_;
  }
  void forget() {
    const std::scoped_lock lock(mutex_);
    requests_.clear();
    bytes_ = 0;
  }

  io::Response get(const io::Request& request, const io::ByteSink& sink, const std::function<void()>& restart) override {
    const std::size_t number = note(request);
    io::throw_if_interrupted();
    const FakeFault wrong = fault ? fault(number, request).value_or(FakeFault{}) : FakeFault{};
    io::Response response = answer(request, wrong, sink);
    if (!wrong.restarts || request.resumes) return response;
    restart();
    return answer(request, FakeFault{}, sink);
  }

 private:
  std::size_t note(const io::Request& request) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    return requests_.size() - 1;
  }

  io::Response answer(const io::Request& request, const FakeFault& wrong, const io::ByteSink& sink) {
    io::Response response;
    response.url = "http://fake.example/";
    if (wrong.failing) {
      response.failing = true;
      return with(response, io::Response::Status::unreachable);
    }
    const auto found = files.find(request.path);
    if (wrong.status && !wrong.cut_after) return with(response, *wrong.status);
    if (found == files.end()) return with(response, io::Response::Status::not_found);
    std::string body = found->second;
    if (request.offset) {
      if (!knows_ranges || *request.offset + request.length.value_or(0) > body.size())
        return with(response, io::Response::Status::wrong_range);
      body = body.substr(*request.offset, *request.length);
    }
    if (wrong.wrong_byte && *wrong.wrong_byte < body.size())
      body[*wrong.wrong_byte] = static_cast<char>(body[*wrong.wrong_byte] ^ 1);
    body += std::string(wrong.too_many, 'x');
    if (wrong.cut_after) body.resize(std::min(body.size(), *wrong.cut_after));
    return give(response, request, wrong, body, sink);
  }

  io::Response give(io::Response response, const io::Request& request, const FakeFault& wrong, const std::string& body,
                    const io::ByteSink& sink) {
    response.web_page = io::begins_as_web_page(body);
    for (std::size_t at = 0; at < body.size(); at += piece) {
      io::throw_if_interrupted();
      const auto part = std::string_view(body).substr(at, piece);
      if (at + part.size() > request.at_most) {
        // As curl does it: what is within the bound has been given when the excess shows.
        if (at < request.at_most && !sink(part.substr(0, request.at_most - at)))
          return with(response, io::Response::Status::unreachable);
        return with(response, io::Response::Status::oversize);
      }
      {
        const std::scoped_lock lock(mutex_);
        bytes_ += part.size();
      }
      if (!sink(part)) return with(response, io::Response::Status::unreachable);
      if (wrong.at_bytes) wrong.at_bytes(at + part.size());
    }
    if (wrong.status) return with(response, *wrong.status);
    response.status = io::Response::Status::ok;
    response.bytes = body.size();
    response.length_known = wrong.length_known;
    return response;
  }

  static io::Response with(io::Response response, io::Response::Status status) {
    response.status = status;
    response.why = "\"http://fake.example/\": status " + std::to_string(static_cast<int>(status));
    return response;
  }

  mutable std::mutex mutex_;
  std::vector<io::Request> requests_;
  std::uint64_t bytes_ = 0;
};

}  // namespace ingot::testing_support
