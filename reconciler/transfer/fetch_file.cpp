#include "reconciler/transfer/fetch_file.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/fetch_session.hpp"

namespace ingot::transfer {

namespace {

constexpr mode_t private_mode = 0600;
constexpr std::size_t read_at_once = 1024 * 1024;

class FileFetch {
 public:
  FileFetch(io::PeerTransport& peer, io::Files& files, io::Throttle& throttle, const FileJob& job, const std::string& path)
      : peer_(peer), files_(files), throttle_(throttle), job_(job), path_(path) {
    file_ = files_.open(path_, io::OpenFor::create_or_open, private_mode);
    if (file_->status().size > job_.file.length) file_->truncate(0);
    hash_what_is_here();
    resumed_ = here_;
  }

  FileFetched run() {
    auto failed = fetch();
    if (!failed && resumed_ > 0 && !is_right()) {  // what an earlier run left may be wrong, after a power cut
      begin_anew();
      failed = fetch();
    }
    job_.progress(here_);
    file_->close();
    if (!failed && !is_right())
      failed = CopyFailed{.code = Code::untrusted,
                          .text = fmt::format("\"{}\" is not what was signed", object_path(job_.file.digest))};
    if (failed && failed->code == Code::untrusted) files_.remove(path_);
    return {.bytes = fetched_, .failed = std::move(failed)};
  }

 private:
  bool is_right() {
    if (!digest_) digest_ = hash_.finish();
    return *digest_ == job_.file.digest;
  }

  std::optional<CopyFailed> fetch() {
    std::optional<CopyFailed> failed;
    for (int poor = 0; !failed && here_ < job_.file.length;) {
      const std::uint64_t before = here_;
      failed = ask();
      poor = here_ - before < least_gain ? poor + 1 : 0;
      if (failed && failed->code == Code::unreachable && here_ > before && poor < most_poor) failed.reset();
    }
    return failed;
  }

  void hash_what_is_here() {
    std::string bytes(read_at_once, '\0');
    while (const std::size_t got = file_->read_at(here_, bytes)) {
      io::throw_if_interrupted();
      if (job_.may_go_on) job_.may_go_on();
      hash_.update(std::string_view(bytes).substr(0, got));
      here_ += got;
    }
  }

  bool take(std::string_view bytes) {
    io::throw_if_interrupted();
    if (job_.may_go_on) job_.may_go_on();
    throttle_.take(bytes.size(), job_.may_go_on);
    fetched_ += bytes.size();
    if (here_ == 0 && io::begins_as_web_page(bytes)) {
      web_page_ = true;
      return false;
    }
    if (bytes.size() > job_.file.length - here_) {
      overlong_ = true;
      return false;
    }
    file_->write_at(here_, bytes);
    hash_.update(bytes);
    here_ += bytes.size();
    tell();
    return true;
  }

  void tell() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    job_.progress(here_);
  }

  /// One request for all that is missing.
  std::optional<CopyFailed> ask() {
    io::Request request;
    request.path = object_path(job_.file.digest);
    request.at_most = job_.file.length - here_;
    request.resumes = true;
    request.may_go_on = job_.may_go_on;
    if (here_ > 0) {
      request.offset = here_;
      request.length = request.at_most;
    }
    const io::Response response = peer_.get(
        request, [this](std::string_view bytes) { return take(bytes); }, [] {});
    const std::string url = response.url + request.path;
    if (web_page_ || response.web_page)
      return CopyFailed{.code = Code::unreachable, .text = fmt::format("\"{}\" answers with an HTML page", url)};
    if (overlong_ || response.status == io::Response::Status::oversize)
      return CopyFailed{.code = Code::untrusted, .text = fmt::format("\"{}\" is longer than was signed", url)};
    if (response.status == io::Response::Status::wrong_range) return begin_anew();
    if (response.failing) return CopyFailed{.code = Code::peer_failing, .text = response.why};
    if (response.status != io::Response::Status::ok) return CopyFailed{.code = Code::unreachable, .text = response.why};
    if (here_ < job_.file.length)
      return CopyFailed{.code = Code::unreachable, .text = fmt::format("\"{}\" ended after {} bytes", url, here_)};
    return std::nullopt;
  }

  /// The server knows no ranges: all of it comes again, once.
  std::optional<CopyFailed> begin_anew() {
    if (here_ == 0 || began_anew_)
      return CopyFailed{.code = Code::unreachable, .text = "the peer gives neither ranges nor whole files"};
    began_anew_ = true;
    file_->truncate(0);
    hash_ = io::Sha256();
    digest_.reset();
    here_ = 0;
    return std::nullopt;
  }

  io::PeerTransport& peer_;
  io::Files& files_;
  io::Throttle& throttle_;
  const FileJob& job_;
  const std::string& path_;
  std::unique_ptr<io::File> file_;
  io::Sha256 hash_;
  std::optional<Digest> digest_;  ///< of what is here, once it is asked for
  std::uint64_t resumed_ = 0;     ///< bytes that an earlier run left
  std::uint64_t here_ = 0;        ///< bytes in the file, all of them in hash_
  std::uint64_t fetched_ = 0;     ///< that came now
  bool web_page_ = false;
  bool overlong_ = false;
  bool began_anew_ = false;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
};

}  // namespace

FileFetched fetch_file(io::PeerTransport& peer, io::Files& files, io::Throttle& throttle, const FileJob& job,
                       const std::string& partial) {
  return FileFetch(peer, files, throttle, job, partial).run();
}

}  // namespace ingot::transfer
