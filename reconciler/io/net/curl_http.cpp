#include "reconciler/io/net/curl_http.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <new>
#include <string_view>

#include <curl/curl.h>
#include <fmt/format.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/curl_exchange.hpp"
#include "reconciler/io/net/curl_options.hpp"
#include "reconciler/io/net/curl_tls_failure.hpp"
#include "reconciler/io/net/response_headers.hpp"
#include "reconciler/io/printable.hpp"

namespace ingot::io {

namespace {

/// What the callbacks of one request share. No exception leaves a callback: it is kept and rethrown.
struct HttpTransfer {
  const HttpCall& call;
  Throttle* throttle;
  std::chrono::milliseconds longest;  ///< without the time in the throttle
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration in_throttle{0};
  bool too_slow = false;
  std::uint64_t sent = 0;
  std::size_t header_bytes = 0;
  bool too_long = false;
  HttpAnswer answer = {};
  std::exception_ptr thrown = {};
};

template <class Work>
std::size_t guarded(HttpTransfer& transfer, std::size_t failure, Work work) noexcept {
  try {
    return work();
  } catch (...) {
    transfer.thrown = std::current_exception();
    return failure;
  }
}

void wait_for_throttle(HttpTransfer& transfer, std::uint64_t bytes) {
  if (transfer.throttle == nullptr) return;
  const auto before = std::chrono::steady_clock::now();
  transfer.throttle->take(bytes, transfer.call.may_go_on);
  transfer.in_throttle += std::chrono::steady_clock::now() - before;
}

std::size_t send_body(char* into, std::size_t size, std::size_t count, void* given) noexcept {
  auto& transfer = *static_cast<HttpTransfer*>(given);
  return guarded(transfer, CURL_READFUNC_ABORT, [&] {
    const auto most = std::min<std::uint64_t>(size * count, transfer.call.length - transfer.sent);
    if (most == 0) return std::size_t{0};
    const std::size_t bytes = transfer.call.body(transfer.sent, std::span(into, static_cast<std::size_t>(most)));
    wait_for_throttle(transfer, bytes);
    transfer.sent += bytes;
    return bytes;
  });
}

int send_again(void* given, curl_off_t offset, int origin) noexcept {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<HttpTransfer*>(given)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t take_answer(char* bytes, std::size_t size, std::size_t count, void* given) noexcept {
  auto& transfer = *static_cast<HttpTransfer*>(given);
  return guarded(transfer, CURL_WRITEFUNC_ERROR, [&]() -> std::size_t {
    std::string& body = transfer.answer.body;
    transfer.too_long = body.size() + size * count > transfer.call.at_most;
    if (transfer.too_long) return CURL_WRITEFUNC_ERROR;
    body.append(bytes, size * count);
    return size * count;
  });
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return result;
}

/// A status line starts anew: an interim answer came before.
std::size_t take_line(char* bytes, std::size_t size, std::size_t count, void* given) noexcept {
  auto& transfer = *static_cast<HttpTransfer*>(given);
  return guarded(transfer, CURL_WRITEFUNC_ERROR, [&]() -> std::size_t {
    std::string_view line(bytes, size * count);
    transfer.header_bytes += line.size();
    if (transfer.header_bytes > most_header_bytes) return CURL_WRITEFUNC_ERROR;
    if (line.starts_with("HTTP/")) transfer.answer.headers.clear();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return line.size();
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' ')) value.remove_suffix(1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    transfer.answer.headers[lower(line.substr(0, colon))] = std::string(value);
    return line.size();
  });
}

int watch(void* given, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  auto& transfer = *static_cast<HttpTransfer*>(given);
  const auto stopped = guarded(transfer, 1, [&]() -> std::size_t {
    if (transfer.call.may_go_on) transfer.call.may_go_on();
    transfer.too_slow = std::chrono::steady_clock::now() - transfer.begun - transfer.in_throttle > transfer.longest;
    return transfer.too_slow || interrupted() != 0 ? 1 : 0;
  });
  return static_cast<int>(stopped);
}

std::chrono::milliseconds longest_time_of(const HttpCall& call, const CurlHttpOptions& options) {
  const std::uint64_t seconds = (call.length + call.at_most) / std::max<std::uint64_t>(options.slowest, 1);
  return options.allowance + std::chrono::seconds(seconds);
}

CurlHeaders header_list(const std::vector<std::string>& lines) {
  CurlHeaders list(nullptr, &curl_slist_free_all);
  const auto add = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const std::string& line : lines) add(line);
  add("Expect:");  // libcurl would wait a second for a server that does not answer it
  return list;
}

void set_bounds(CURL* handle, const CurlHttpOptions& options) {
  set_option(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(handle, CURLOPT_NOSIGNAL, 1L);
  set_option(handle, CURLOPT_HTTP09_ALLOWED, 0L);
  set_option(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set_option(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_option(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_option(handle, CURLOPT_PATH_AS_IS, 1L);
  set_option(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set_option(handle, CURLOPT_USERAGENT, "ingot/" INGOT_VERSION);
  set_option(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set_option(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set_option(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_time.count()));
  if (options.whole) set_option(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.whole->count()));
  set_authorities(handle, options.ca_file);
}

void set_request(CURL* handle, const HttpCall& call, HttpTransfer& transfer) {
  const bool plain = call.url.starts_with("http://");
  set_option(handle, CURLOPT_URL, call.url.c_str());
  set_option(handle, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
  if (plain) set_option(handle, CURLOPT_PROXY, "");  // plain http is for this machine alone
  if (call.method == "HEAD") {
    set_option(handle, CURLOPT_NOBODY, 1L);
  } else if (call.method == "PUT" || call.method == "POST") {
    set_option(handle, CURLOPT_UPLOAD, 1L);
    set_option(handle, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    set_option(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(call.length));
    set_option(handle, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
  } else if (call.method != "GET") {
    set_option(handle, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }
  set_option(handle, CURLOPT_READFUNCTION, &send_body);
  set_option<void*>(handle, CURLOPT_READDATA, &transfer);
  set_option(handle, CURLOPT_SEEKFUNCTION, &send_again);
  set_option<void*>(handle, CURLOPT_SEEKDATA, &transfer);
  set_option(handle, CURLOPT_WRITEFUNCTION, &take_answer);
  set_option<void*>(handle, CURLOPT_WRITEDATA, &transfer);
  set_option(handle, CURLOPT_HEADERFUNCTION, &take_line);
  set_option<void*>(handle, CURLOPT_HEADERDATA, &transfer);
  set_option(handle, CURLOPT_XFERINFOFUNCTION, &watch);
  set_option<void*>(handle, CURLOPT_XFERINFODATA, &transfer);
  set_option(handle, CURLOPT_NOPROGRESS, 0L);
}

/// `detail`: libcurl's own words.
HttpAnswer judged(CURL* handle, CURLcode code, HttpTransfer& transfer, const std::string& detail) {
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  throw_if_interrupted();
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  // A server that refuses may do so before it has read the whole body.
  const bool refused = status >= 300 && !transfer.too_long;
  if (code == CURLE_OK || refused) {
    transfer.answer.status = static_cast<int>(status);
    return std::move(transfer.answer);
  }
  if (transfer.too_long)
    return {.why = fmt::format("the answer is longer than {} bytes", transfer.call.at_most), .too_long = true};
  if (transfer.too_slow)
    return {
        .why = fmt::format("too slow: no whole answer within {:.0f} s", std::chrono::duration<double>(transfer.longest).count()),
        .again = true};
  const std::string text = printable(detail.empty() ? curl_easy_strerror(code) : detail);
  if (const auto tls = tls_failure(code, text, "")) return {.why = tls->why, .mend = tls->mend};
  return {.why = text, .again = code != CURLE_URL_MALFORMAT};
}

}  // namespace

struct CurlHttp::Impl {
  CurlHttpOptions options;
  std::mutex mutex;
  std::vector<CurlHandle> idle;

  CurlHandle take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return {curl_easy_init(), &curl_easy_cleanup};
    CurlHandle handle = std::move(idle.back());
    idle.pop_back();
    return handle;
  }
  void give_back(CurlHandle handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(handle));
  }
};

CurlHttp::CurlHttp(CurlHttpOptions options) : impl_(std::make_unique<Impl>()) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // counted by libcurl, as the transport's is
  if (started != CURLE_OK) throw Error(Fault::internal, fmt::format("libcurl does not start: {}", curl_easy_strerror(started)));
  impl_->options = std::move(options);
}

CurlHttp::~CurlHttp() = default;

HttpAnswer CurlHttp::call(const HttpCall& call) {
  CurlHandle handle = impl_->take();
  if (!handle) throw std::bad_alloc();
  curl_easy_reset(handle.get());
  const CurlHeaders headers = header_list(call.headers);
  HttpTransfer transfer{.call = call, .throttle = impl_->options.throttle, .longest = longest_time_of(call, impl_->options)};
  set_bounds(handle.get(), impl_->options);
  set_request(handle.get(), call, transfer);
  set_option(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  std::array<char, CURL_ERROR_SIZE> detail{};
  set_option(handle.get(), CURLOPT_ERRORBUFFER, detail.data());
  const CURLcode code = curl_easy_perform(handle.get());
  HttpAnswer answer = judged(handle.get(), code, transfer, detail.data());
  if (code == CURLE_OK) impl_->give_back(std::move(handle));  // after a failure libcurl keeps things that reset does not clear
  return answer;
}

}  // namespace ingot::io
