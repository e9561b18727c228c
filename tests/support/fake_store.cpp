#include "tests/support/fake_store.hpp"

#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include <httplib.h>

#include "reconciler/io/hash.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::testing_support {

namespace {

std::string etag_of(const std::string& bytes) { return "\"" + io::sha256(bytes).hex().substr(0, 32) + "\""; }

/// "20130524T000000Z" → seconds; 0: it is none.
std::int64_t seconds_of(const std::string& text) {
  if (text.size() != 16) return 0;
  const auto time = parse_time(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 5) + ":" + text.substr(11, 2) +
                               ":" + text.substr(13));
  return time ? time->time_since_epoch().count() : 0;
}

}  // namespace

struct FakeStore::Impl {
  struct Parts {
    std::string path;
    std::map<std::string, std::string> headers;
    std::map<int, std::string> parts;
  };

  mutable std::mutex mutex;
  std::set<std::string> buckets;
  std::map<std::string, FakeObject> objects;
  std::map<std::string, Parts> uploads;
  int next_upload = 0;
  std::vector<std::string> asked;
  std::function<std::optional<StoreFault>(const std::string&)> fault;
  httplib::Server server;
  int port = 0;
  std::thread thread;

  static void refuse(httplib::Response& response, int status, const std::string& code) {
    response.status = status;
    response.set_content("<?xml version=\"1.0\"?><Error><Code>" + code + "</Code></Error>", "application/xml");
  }

  static std::string request_text(const httplib::Request& request) {
    std::string text = request.method + " " + request.path;
    for (const char* name : {"uploads", "partNumber", "uploadId"}) {
      if (request.has_param(name)) text += (text.find('?') == std::string::npos ? "?" : "&") + std::string(name);
    }
    return text;
  }

  bool may_come_in(const httplib::Request& request, httplib::Response& response) const {
    const std::string authorization = request.get_header_value("Authorization");
    if (authorization.find("Credential=FAKEKEY/") == std::string::npos) {
      refuse(response, 403, authorization.empty() ? "AccessDenied" : "InvalidAccessKeyId");
      return false;
    }
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (std::abs(now - seconds_of(request.get_header_value("x-amz-date"))) > 900) {
      refuse(response, 403, "RequestTimeTooSkewed");
      return false;
    }
    if (request.get_header_value("x-amz-content-sha256") != io::sha256(request.body).hex()) {
      refuse(response, 400, "XAmzContentSHA256Mismatch");
      return false;
    }
    return true;
  }

  static std::map<std::string, std::string> kept_headers(const httplib::Request& request) {
    std::map<std::string, std::string> headers;
    for (const char* name : {"content-type", "cache-control", "x-amz-meta-ingot-sha256"}) {
      if (request.has_header(name)) headers[name] = request.get_header_value(name);
    }
    return headers;
  }

  void give(const httplib::Request& request, httplib::Response& response, const FakeObject& object) const {
    const std::string etag = etag_of(object.bytes);
    response.set_header("ETag", etag);
    for (const auto& [name, value] : object.headers) {
      if (name != "content-type") response.set_header(name, value);
    }
    if (request.get_header_value("If-None-Match") == etag) {
      response.status = 304;
      return;
    }
    const auto type = object.headers.find("content-type");
    response.set_content(object.bytes, type == object.headers.end() ? "binary/octet-stream" : type->second.c_str());
  }

  void post(const httplib::Request& request, httplib::Response& response, const std::string& path) {
    if (request.has_param("uploads")) {
      const std::string id = "upload-" + std::to_string(++next_upload);
      uploads[id] = {.path = path, .headers = kept_headers(request), .parts = {}};
      return response.set_content("<R><UploadId>" + id + "</UploadId></R>", "application/xml");
    }
    const auto upload = uploads.find(request.get_param_value("uploadId"));
    if (upload == uploads.end()) return refuse(response, 404, "NoSuchUpload");
    std::string bytes;
    for (const auto& [number, part] : upload->second.parts) {
      if (request.body.find("<ETag>" + etag_of(part) + "</ETag>") == std::string::npos)
        return refuse(response, 400, "InvalidPart");
      bytes += part;
    }
    objects[path] = {.bytes = bytes, .headers = upload->second.headers};
    uploads.erase(upload);
    response.set_content("<R><ETag>&quot;" + io::sha256(bytes).hex().substr(0, 32) + "&quot;</ETag></R>", "application/xml");
  }

  void put(const httplib::Request& request, httplib::Response& response, const std::string& path) {
    if (request.has_param("uploadId")) {
      const auto upload = uploads.find(request.get_param_value("uploadId"));
      if (upload == uploads.end()) return refuse(response, 404, "NoSuchUpload");
      upload->second.parts[std::stoi(request.get_param_value("partNumber"))] = request.body;
    } else {
      objects[path] = {.bytes = request.body, .headers = kept_headers(request)};
    }
    response.set_header("ETag", etag_of(request.body));
  }

  void remove(const httplib::Request& request, httplib::Response& response, const std::string& path) {
    if (request.has_param("uploadId"))
      uploads.erase(request.get_param_value("uploadId"));
    else
      objects.erase(path);
    response.status = 204;
  }

  void do_it(const httplib::Request& request, httplib::Response& response) {
    const std::string path = request.path.substr(1);
    if (!may_come_in(request, response)) return;
    if (!buckets.contains(path.substr(0, path.find('/')))) return refuse(response, 404, "NoSuchBucket");
    if (request.method == "POST") return post(request, response, path);
    if (request.method == "PUT") return put(request, response, path);
    if (request.method == "DELETE") return remove(request, response, path);
    if (request.has_param("uploadId")) {
      if (!uploads.contains(request.get_param_value("uploadId"))) return refuse(response, 404, "NoSuchUpload");
      return response.set_content("<ListPartsResult/>", "application/xml");
    }
    const auto object = objects.find(path);
    if (object == objects.end()) return refuse(response, 404, "NoSuchKey");
    give(request, response, object->second);
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(mutex);
    const std::string text = request_text(request);
    asked.push_back(text);
    const auto failing = fault ? fault(text) : std::nullopt;
    if (!failing || failing->done || !failing->etag.empty()) do_it(request, response);
    if (!failing) return;
    if (!failing->etag.empty()) {
      response.headers.erase("ETag");
      return response.set_header("ETag", failing->etag);
    }
    response.headers.clear();
    refuse(response, failing->status, failing->code);
    if (failing->retry_after > 0) response.set_header("Retry-After", std::to_string(failing->retry_after));
    if (failing->cut && request.method == "HEAD") {
      refuse(response, 502, "");
    } else if (failing->cut) {  // a length that never comes: httplib closes the connection
      response.status = 200;
      response.body.clear();
      response.set_content_provider(1'000'000, "text/plain", [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
    }
  }
};

FakeStore::FakeStore() : impl_(std::make_unique<Impl>()) {
  const auto handler = [this](const httplib::Request& request, httplib::Response& response) { impl_->answer(request, response); };
  impl_->server.Get(".*", handler).Put(".*", handler).Post(".*", handler).Delete(".*", handler);
  impl_->server.set_keep_alive_max_count(100'000);
  impl_->server.set_tcp_nodelay(true);
  impl_->port = impl_->server.bind_to_any_port("127.0.0.1");
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  while (!impl_->server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

FakeStore::~FakeStore() {
  impl_->server.stop();
  impl_->thread.join();
}

std::string FakeStore::address() const { return "http://127.0.0.1:" + std::to_string(impl_->port); }

void FakeStore::make_bucket(const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  impl_->buckets.insert(name);
}
void FakeStore::remove_bucket(const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  impl_->buckets.erase(name);
}
void FakeStore::fail(std::function<std::optional<StoreFault>(const std::string&)> fault) {
  const std::lock_guard lock(impl_->mutex);
  impl_->fault = std::move(fault);
}
void FakeStore::hold(const std::map<std::string, FakeObject>& objects) {
  const std::lock_guard lock(impl_->mutex);
  impl_->objects = objects;
  impl_->uploads.clear();
}
std::map<std::string, FakeObject> FakeStore::objects() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->objects;
}
void FakeStore::put(const std::string& path, const std::string& bytes, const std::map<std::string, std::string>& headers) {
  const std::lock_guard lock(impl_->mutex);
  impl_->objects[path] = {.bytes = bytes, .headers = headers};
}
void FakeStore::remove(const std::string& path) {
  const std::lock_guard lock(impl_->mutex);
  impl_->objects.erase(path);
}
std::size_t FakeStore::open_uploads() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->uploads.size();
}
std::size_t FakeStore::open_parts() const {
  const std::lock_guard lock(impl_->mutex);
  std::size_t parts = 0;
  for (const auto& [id, upload] : impl_->uploads) parts += upload.parts.size();
  return parts;
}
std::vector<std::string> FakeStore::asked() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->asked;
}
void FakeStore::forget() {
  const std::lock_guard lock(impl_->mutex);
  impl_->asked.clear();
}

}  // namespace ingot::testing_support
