#include "reconciler/io/curl_transport.hpp"

#include <atomic>
#include <mutex>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "reconciler/io/curl_exchange.hpp"
#include "reconciler/io/disk_exchange.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot {

namespace {

using Status = Response::Status;

bool is_an_answer(const Response& response) { return response.status == Status::ok || response.status == Status::not_modified; }

/// Idle connections of one peer, for whichever thread asks next.
class CurlPool {
 public:
  CurlHandle take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return {curl_easy_init(), &curl_easy_cleanup};
    CurlHandle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }
  void give_back(CurlHandle handle) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<CurlHandle> idle_;
};

/// Random numbers for the jitter of several threads.
class Jitter {
 public:
  explicit Jitter(std::uint32_t seed) : engine_(seed) {}
  double next() {
    const std::lock_guard lock(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(engine_);
  }

 private:
  std::mutex mutex_;
  std::minstd_rand engine_;
};

class CurlPeer final : public PeerTransport {
 public:
  CurlPeer(const PeerAccess& access, const CurlOptions& options, Clock& clock)
      : peer_(access.peer),
        settings_{read_secrets(access.credentials, access.peer), access.allow_http, options, mend_of_denial(access.credentials)},
        clock_(clock),
        throttle_(clock, access.bandwidth),
        jitter_(options.seed ? *options.seed : std::random_device{}()) {
    for (const auto& url : access.urls) urls_.push_back(parse_base_url(url));
  }

  /// Begins with the URL that answered last, so that a dead one costs its time once.
  Response get(const Request& request, const ByteSink& sink, const std::function<void()>& restart) override {
    const std::size_t first = first_;
    std::optional<Response> failure;
    for (std::size_t i = 0; i < urls_.size(); ++i) {
      const std::size_t at = (first + i) % urls_.size();
      CurlAttempt attempt = ask(urls_[at], request, sink, restart);
      if (is_an_answer(attempt.response)) first_ = at;
      if (is_an_answer(attempt.response) || attempt.stopped) return std::move(attempt.response);
      if (attempt.response.bytes > 0) restart();
      failure = worse(std::move(failure), std::move(attempt.response));
    }
    if (!failure) failure = Response{.status = Status::refused, .why = fmt::format("peer \"{}\" has no URL", peer_.text())};
    failure->bytes = 0;
    return *std::move(failure);
  }

 private:
  /// An answer of a server says more than none at all; every URL's reason is told.
  static Response worse(std::optional<Response> before, Response now) {
    if (!before) return now;
    Response& chosen = before->status == Status::unreachable ? now : *before;
    std::string why = before->why + "; " + now.why;
    chosen.why = std::move(why);
    return std::move(chosen);
  }

  CurlAttempt ask(const std::variant<BaseUrl, BadUrl>& url, const Request& request, const ByteSink& sink,
                  const std::function<void()>& restart) {
    if (const auto* bad = std::get_if<BadUrl>(&url)) {
      CurlAttempt attempt;
      attempt.response.status = Status::refused;
      attempt.response.why = fmt::format("peer \"{}\": {}", peer_.text(), bad->why);
      return attempt;
    }
    for (int failures = 1;; ++failures) {
      CurlAttempt attempt = attempt_once(std::get<BaseUrl>(url), request, sink);
      if (!attempt.retry || failures >= settings_.options.retry.attempts) return attempt;
      if (attempt.response.bytes > 0) restart();
      sleep_unless_interrupted(clock_, wait_before_retry(settings_.options.retry, failures, attempt.retry_after, jitter_.next()),
                               request.may_go_on);
    }
  }

  CurlAttempt attempt_once(const BaseUrl& base, const Request& request, const ByteSink& sink) {
    CurlAttempt attempt = base.scheme == "file" ? from_disk(base, request, sink) : over_network(base, request, sink);
    attempt.response.url = base.text;
    const Response& response = attempt.response;
    if (response.why.empty()) return attempt;
    attempt.response.why = fmt::format("{}: {}{}{}", printable(base.text + request.path), response.why,
                                       response.mend.empty() ? "" : "; ", response.mend);
    return attempt;
  }

  CurlAttempt over_network(const BaseUrl& base, const Request& request, const ByteSink& sink) {
    CurlHandle handle = pool_.take();
    if (!handle) throw std::bad_alloc();
    CurlAttempt attempt = exchange(handle.get(), settings_, base, request, sink, throttle_, clock_);
    if (attempt.reusable) pool_.give_back(std::move(handle));
    return attempt;
  }

  CurlAttempt from_disk(const BaseUrl& base, const Request& request, const ByteSink& sink) {
    CurlAttempt attempt;
    attempt.response = read_from_disk(base.folder, request, sink, throttle_, attempt.stopped);
    return attempt;
  }

  ServerName peer_;
  CurlPeerSettings settings_;
  std::vector<std::variant<BaseUrl, BadUrl>> urls_;
  Clock& clock_;
  Throttle throttle_;
  Jitter jitter_;
  CurlPool pool_;
  std::atomic<std::size_t> first_ = 0;
};

}  // namespace

CurlTransport::CurlTransport(Clock& clock, CurlOptions options) : clock_(clock), options_(std::move(options)) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // once in a process
  if (started != CURLE_OK) throw Error(Fault::internal, fmt::format("libcurl does not start: {}", curl_easy_strerror(started)));
}
CurlTransport::~CurlTransport() = default;

std::unique_ptr<PeerTransport> CurlTransport::peer(const PeerAccess& access) {
  return std::make_unique<CurlPeer>(access, options_, clock_);
}

CurlBuild curl_build() {
  const curl_version_info_data* const loaded = ::curl_version_info(CURLVERSION_NOW);
  CurlBuild build{
      .version = loaded->version, .tls = loaded->ssl_version == nullptr ? "" : loaded->ssl_version, .features = {"file"}};
  for (const char* const* protocol = loaded->protocols; *protocol != nullptr; ++protocol) {
    const std::string_view name = *protocol;
    if (name == "http" || name == "https") build.features.emplace_back(name);
  }
  if ((loaded->features & CURL_VERSION_HTTP2) != 0) build.features.emplace_back("http2");
  return build;
}

}  // namespace ingot
