#include "reconciler/io/net/curl_exchange.hpp"

#include <array>
#include <exception>

#include <netinet/in.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/curl_options.hpp"
#include "reconciler/io/net/curl_tls_failure.hpp"
#include "reconciler/io/net/response_headers.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

using Status = Response::Status;
using Moment = std::chrono::steady_clock::time_point;

constexpr std::uint64_t most_error_body = 64 * 1024;  ///< of an error page, read for the sake of the connection

/// Why a callback ended the transfer.
enum class Stop { none, headers, oversize, error_body, sink, thrown, interrupted, stalled, address };

/// What the callbacks share; lives for one transfer. No exception leaves a callback: it is kept and rethrown.
struct Transfer {
  const Request& request;
  const ByteSink& sink;
  Throttle& throttle;
  Clock& clock;
  const CurlPeerSettings& settings;
  bool only_loopback = false;

  ResponseHeaders headers;
  std::optional<NotAnAnswer> not_an_answer;  ///< known from the first byte of the body on
  bool web_page = false;
  std::uint64_t body = 0;
  std::uint64_t passed_on = 0;
  Stop stop = Stop::none;
  std::exception_ptr thrown;
  Moment window_start;             ///< of the stall watch
  std::uint64_t window_bytes = 0;  ///< header and body bytes at its start

  std::uint64_t limit() const { return request.length.value_or(request.at_most); }
  std::uint64_t received() const { return body + headers.bytes; }
};

bool end(Transfer& transfer, Stop why) {
  transfer.stop = why;
  return false;
}

/// The time that the reader and the throttle take is not the peer's fault: the stall watch doesn't count it.
bool pass_on(Transfer& transfer, std::string_view bytes) {
  const Moment before = transfer.clock.steady();
  transfer.throttle.take(bytes.size(), transfer.request.may_go_on);
  const bool more = transfer.sink(bytes);
  transfer.passed_on += bytes.size();
  transfer.window_start += transfer.clock.steady() - before;
  return more || end(transfer, Stop::sink);
}

bool take_body(Transfer& transfer, std::string_view bytes) {
  if (transfer.body == 0) {
    transfer.not_an_answer = judge_headers(transfer.headers, transfer.request);
    transfer.web_page = !transfer.not_an_answer && begins_as_web_page(bytes);
  }
  transfer.body += bytes.size();
  if (transfer.not_an_answer || transfer.headers.status == 304) {
    return transfer.body <= most_error_body || end(transfer, Stop::error_body);
  }
  if (transfer.body > transfer.limit()) return end(transfer, Stop::oversize);
  if (transfer.passed_on == 0 && transfer.headers.content_length.value_or(0) > transfer.limit())
    return end(transfer, Stop::oversize);
  return pass_on(transfer, bytes);
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* given) noexcept {
  auto& transfer = *static_cast<Transfer*>(given);
  try {
    return take_body(transfer, {bytes, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
  } catch (...) {
    transfer.thrown = std::current_exception();
    transfer.stop = Stop::thrown;
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* given) noexcept {
  auto& transfer = *static_cast<Transfer*>(given);
  try {
    if (transfer.headers.take({bytes, size * count})) return size * count;
    transfer.stop = Stop::headers;
  } catch (...) {
    transfer.thrown = std::current_exception();
    transfer.stop = Stop::thrown;
  }
  return CURL_WRITEFUNC_ERROR;
}

bool is_stalled(Transfer& transfer) {
  const Moment now = transfer.clock.steady();
  const auto passed = now - transfer.window_start;
  if (passed < transfer.settings.options.stall_time) return false;
  const std::uint64_t bytes = transfer.received() - transfer.window_bytes;
  const double needed = static_cast<double>(transfer.settings.options.slowest) * std::chrono::duration<double>(passed).count();
  transfer.window_start = now;
  transfer.window_bytes = transfer.received();
  return static_cast<double>(bytes) < needed;
}

int on_progress(void* given, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  auto& transfer = *static_cast<Transfer*>(given);
  try {
    if (transfer.request.may_go_on) transfer.request.may_go_on();
  } catch (...) {
    transfer.thrown = std::current_exception();
    transfer.stop = Stop::thrown;
    return 1;
  }
  if (interrupted() != 0)
    transfer.stop = Stop::interrupted;
  else if (is_stalled(transfer))
    transfer.stop = Stop::stalled;
  return transfer.stop == Stop::none ? 0 : 1;
}

bool is_loopback(const curl_sockaddr& address) {
  if (address.family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address.addr);
    return (ntohl(four.sin_addr.s_addr) >> 24U) == 127;
  }
  if (address.family != AF_INET6) return false;
  const auto& bytes = reinterpret_cast<const sockaddr_in6&>(address.addr).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&bytes) || (IN6_IS_ADDR_V4MAPPED(&bytes) && bytes.s6_addr[12] == 127);
}

/// The address is checked here, after the name was resolved: a name cannot be trusted to mean loopback.
curl_socket_t on_socket(void* given, curlsocktype, curl_sockaddr* address) noexcept {
  auto& transfer = *static_cast<Transfer*>(given);
  if (transfer.only_loopback && !is_loopback(*address)) {
    transfer.stop = Stop::address;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void set_callbacks(CURL* handle, Transfer& transfer) {
  set_option(handle, CURLOPT_WRITEFUNCTION, &on_body);
  set_option<void*>(handle, CURLOPT_WRITEDATA, &transfer);
  set_option(handle, CURLOPT_HEADERFUNCTION, &on_header);
  set_option<void*>(handle, CURLOPT_HEADERDATA, &transfer);
  set_option(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
  set_option<void*>(handle, CURLOPT_XFERINFODATA, &transfer);
  set_option(handle, CURLOPT_NOPROGRESS, 0L);
  set_option(handle, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  set_option<void*>(handle, CURLOPT_OPENSOCKETDATA, &transfer);
}

using Trouble = ConnectionGate::Trouble;

CurlAttempt failed(Status status, std::string why, bool retry = false, std::string mend = {}) {
  CurlAttempt attempt;
  attempt.trouble = status == Status::unreachable ? Trouble::server : Trouble::none;
  attempt.response.status = status;
  attempt.response.why = std::move(why);
  attempt.response.mend = std::move(mend);
  attempt.retry = retry;
  return attempt;
}

CurlAttempt judge_stop(const Transfer& transfer) {
  switch (transfer.stop) {
    case Stop::headers: return failed(Status::unreachable, fmt::format("more than {} bytes of headers", most_header_bytes));
    case Stop::oversize:
      return failed(transfer.request.length ? Status::wrong_range : Status::oversize,
                    fmt::format("more than the {} bytes that it may be", transfer.limit()));
    case Stop::stalled: {
      CurlAttempt attempt =
          failed(Status::unreachable,
                 fmt::format("stalled: less than {} bytes a second for {:.1f} s", transfer.settings.options.slowest,
                             std::chrono::duration<double>(transfer.settings.options.stall_time).count()),
                 true);
      attempt.stalled = true;
      return attempt;
    }
    case Stop::address:
      return failed(Status::refused, "http:// to another machine is not allowed", false,
                    "use https://, or set allow_http = true");
    case Stop::sink: {
      CurlAttempt attempt = failed(Status::unreachable, "stopped by the reader");
      attempt.trouble = Trouble::none;
      attempt.stopped = true;
      return attempt;
    }
    case Stop::none:
    case Stop::error_body:
    case Stop::thrown:
    case Stop::interrupted: break;
  }
  return failed(Status::unreachable, "stopped");
}

CurlAttempt judge_code(CURLcode code, const std::string& text, const std::string& denied_mend) {
  const auto tls = tls_failure(code, text, denied_mend);
  const std::string detail = tls ? tls->why : text;
  const std::string mend = tls ? tls->mend : "";
  switch (code) {
    case CURLE_RANGE_ERROR:
    case CURLE_BAD_DOWNLOAD_RESUME: return failed(Status::wrong_range, detail);
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED: return failed(Status::refused, detail);
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: the scheme was checked before
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ENGINE_NOTFOUND: return failed(Status::unreachable, detail, false, mend);
    default: return failed(Status::unreachable, detail, true, mend);  // CURLcode is libcurl's and grows
  }
}

std::optional<Seconds> retry_after(CURL* handle) {
  curl_off_t seconds = 0;
  if (curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0) return std::nullopt;
  return Seconds(seconds);
}

/// The body is there: whether it is all of it.
CurlAttempt judge_body(const Transfer& transfer) {
  const auto& headers = transfer.headers;
  if (transfer.request.length && transfer.body != *transfer.request.length) {
    return failed(Status::wrong_range, fmt::format("{} bytes of a range of {}", transfer.body, *transfer.request.length));
  }
  if (headers.content_length && *headers.content_length != transfer.body) {
    return failed(Status::unreachable, fmt::format("cut: {} bytes of {}", transfer.body, *headers.content_length), true);
  }
  CurlAttempt attempt;
  attempt.response.status = Status::ok;
  attempt.response.etag = headers.etag;
  attempt.response.last_modified = headers.last_modified;
  attempt.response.length_known = headers.content_length.has_value();
  return attempt;
}

/// Of a key whose time is over, S3-compatible stores say 400 (ExpiredToken).
bool is_denied(const Transfer& transfer) {
  const int status = transfer.headers.status;
  return status == 401 || status == 403 || (status == 400 && transfer.settings.s3);
}

/// An answer, but not to this request: of a server that is busy, that does not let us in, or that has trouble with this path.
CurlAttempt judge_refusal(CURL* handle, const Transfer& transfer, const NotAnAnswer& wrong) {
  CurlAttempt attempt =
      failed(wrong.status, wrong.why, wrong.retry, is_denied(transfer) ? transfer.settings.denied_mend : wrong.mend);
  attempt.denied = is_denied(transfer);
  if (wrong.retry) attempt.retry_after = retry_after(handle);
  attempt.busy = transfer.headers.status == 429 || transfer.headers.status == 503 || attempt.retry_after;
  if (attempt.retry_after)
    attempt.response.why += fmt::format(" and asks to wait {} s (Retry-After)", attempt.retry_after->count());
  if (wrong.status == Status::unreachable && !attempt.busy) attempt.trouble = Trouble::path;
  return attempt;
}

CurlAttempt judge_answer(CURL* handle, Transfer& transfer) {
  if (!transfer.headers.complete) return failed(Status::unreachable, "cut within its headers", true);
  if (const auto wrong = judge_headers(transfer.headers, transfer.request)) return judge_refusal(handle, transfer, *wrong);
  if (transfer.headers.status != 304) return judge_body(transfer);
  CurlAttempt attempt;
  attempt.response.status = Status::not_modified;
  attempt.response.etag = transfer.headers.etag;
  attempt.response.last_modified = transfer.headers.last_modified;
  return attempt;
}

CurlAttempt perform(CURL* handle, Transfer& transfer) {
  std::array<char, CURL_ERROR_SIZE> detail{};
  set_option(handle, CURLOPT_ERRORBUFFER, detail.data());
  const CURLcode code = curl_easy_perform(handle);
  set_option<char*>(handle, CURLOPT_ERRORBUFFER, nullptr);
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  throw_if_interrupted();
  if (transfer.stop == Stop::error_body) return judge_answer(handle, transfer);
  if (transfer.stop != Stop::none) return judge_stop(transfer);
  if (code != CURLE_OK)
    return judge_code(code, printable(detail[0] != '\0' ? detail.data() : curl_easy_strerror(code)),
                      transfer.settings.denied_mend);
  CurlAttempt attempt = judge_answer(handle, transfer);
  attempt.reusable = true;
  return attempt;
}

}  // namespace

CurlAttempt exchange(CURL* handle, const CurlPeerSettings& settings, const BaseUrl& base, const Request& request,
                     const ByteSink& sink, Throttle& throttle, Clock& clock) {
  Transfer transfer{.request = request,
                    .sink = sink,
                    .throttle = throttle,
                    .clock = clock,
                    .settings = settings,
                    .only_loopback = base.scheme == "http" && !settings.allow_http,
                    .headers = {},
                    .not_an_answer = {},
                    .thrown = {},
                    .window_start = clock.steady()};
  const CurlHeaders headers = set_options(handle, settings, base, request, clock.now());
  set_callbacks(handle, transfer);

  throw_if_interrupted();
  CurlAttempt attempt = perform(handle, transfer);
  set_option<curl_slist*>(handle, CURLOPT_HTTPHEADER, nullptr);
  attempt.response.bytes = transfer.passed_on;
  attempt.response.web_page = transfer.web_page;
  return attempt;
}

}  // namespace ingot::io
