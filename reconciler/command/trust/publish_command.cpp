#include "reconciler/apply/publish/publish.hpp"

#include "reconciler/apply/publish/catalog_page.hpp"
#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/trust/publish_run.hpp"
#include "reconciler/console/metrics_file.hpp"
#include "reconciler/plan/damaged.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

void show_published(const apply::PublishedNow& published, show::Output& out) {
  out.print("Published serial {}, valid until {}; {} page{} changed.\n", published.serial, time_text(published.expires),
            published.pages_written, published.pages_written == 1 ? "" : "s");
}

void show_published_json(const apply::PublishedNow& published, const std::vector<plan::DamagedImage>& left_out,
                         show::Output& out) {
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.published/1");
  json.member("serial", published.serial);
  json.member("expires", published.expires);
  json.member("pages_written", published.pages_written);
  json.key("left_out");
  show::put_damaged(left_out, json);
  json.end_object();
  json.finish();
}

std::vector<plan::DamagedImage> images_left_out(const apply::PublishedNow& published, const site::Site& site) {
  if (published.left_out.empty()) return {};
  return apply::damaged_public_images(site.state, site.store, site.manifest.server.publish_copies);
}

void warn_of(const std::vector<plan::DamagedImage>& left_out, const console::Session& session) {
  for (const auto& image : left_out) {
    session.warn(fmt::format("image \"{}\" is published without its bytes: {}; {}", image.name.text(),
                             plan::what_is_damaged(image), plan::how_to_mend(image)));
  }
}

int do_publish(const options::PublishArguments& arguments, const console::Session& session, show::RunMetrics& metrics) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  metrics.server = manifest->server.name.text();
  PublishRun run("publish", *manifest, session);
  const apply::CatalogKeys keys = apply::load_catalog_keys(session.files, manifest->server.keys,
                                                           apply::newest_own_root(run.site.store, run.site.state.self()));
  const apply::PublishedNow published = run.record([&] {
    const apply::PublishedNow now =
        apply::publish(run.site.state, run.site.store, keys, manifest->server, session.clock,
                       {.above = arguments.above,
                        .commit = run.site.state.applied_last() ? run.site.state.applied_last()->commit_text()
                                                                : ""});  // what it signs came of no other commit
    apply::keep_page(run.site.store, manifest->server);
    return now;
  });
  const std::vector<plan::DamagedImage> left_out = images_left_out(published, run.site);
  session.show([&](const show::Style&, show::Output& out) { show_published(published, out); },
               [&](show::Output& out) { show_published_json(published, left_out, out); });
  warn_of(left_out, session);
  if (const std::string why = apply::why_no_page(run.site.store, manifest->server); !why.empty()) session.warn(why);
  metrics.head_expires = published.expires;
  return exit_code_of(published);
}

}  // namespace

int run_command(const options::PublishArguments& arguments, const console::Session& session) {
  return console::measured(arguments.metrics, "publish", session,
                           [&](show::RunMetrics& metrics) { return do_publish(arguments, session, metrics); });
}

}  // namespace ingot::command
