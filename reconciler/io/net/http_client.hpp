// One HTTP request of any method, as a port: the real one is curl_http. Knows nothing of what is asked; signs nothing and repeats
// nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ingot::io {

/// Gives the bytes of a body from `offset` on; 0: its end. May be called again from an earlier offset. What it throws ends the
/// request and is rethrown.
using BodyReader = std::function<std::size_t(std::uint64_t offset, std::span<char> into)>;

struct HttpCall {
  std::string method;                ///< "GET", "HEAD", "PUT", "POST", "DELETE"
  std::string url;                   ///< https, or http to this machine; sent as it is
  std::vector<std::string> headers;  ///< "name: value"
  std::uint64_t length = 0;          ///< of the body, in bytes; only PUT and POST have one
  BodyReader body = {};
  std::uint64_t at_most = 64 * 1024;     ///< bytes of the answer's body; a longer answer is none
  std::function<void()> may_go_on = {};  ///< asked again and again; throws to end it
};

struct HttpAnswer {
  int status = 0;                                   ///< 0: there was no answer, or not all of it
  std::string why = {};                             ///< of no answer, a clause without the URL
  std::string mend = {};                            ///< what to do about it; "": only to ask again
  bool again = false;                               ///< of no answer: time may mend it
  bool too_long = false;                            ///< of no answer: it was longer than it may be
  std::map<std::string, std::string> headers = {};  ///< names in lower case; of a name that comes twice the last
  std::string body = {};
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Thread-safe. Follows no redirect. Throws only Error{interrupted or terminated} and what `body` or `may_go_on` threw.
  virtual HttpAnswer call(const HttpCall& call) = 0;
};

}  // namespace ingot::io
