#include "schema/address.hpp"

#include <gtest/gtest.h>

namespace ingot::address_test {
namespace {

TEST(address, is_written_as_the_contract_says) {
  const ServerName peer = ServerName::of("fpps-2");
  EXPECT_EQ(peer_address(peer).text, "peer.fpps-2");
  EXPECT_EQ(type_address(TypeName::of("DB_PSU")).text, "imagetype.DB_PSU");
  EXPECT_EQ(image_address(ImageName::of("db19.24")).text, "image.db19.24");
  EXPECT_EQ(series_address(SeriesName::of("db19")).text, "series.db19");
  EXPECT_EQ(subscription_address(peer, SelectAll{}).text, "subscription.fpps-2.all");
  EXPECT_EQ(subscription_address(peer, SelectImage{ImageName::of("x")}).text, "subscription.fpps-2.image.x");
  EXPECT_EQ(subscription_address(peer, SelectSeries{SeriesName::of("db19")}).text, "subscription.fpps-2.series.db19");
  EXPECT_EQ(subscription_address(peer, SelectType{TypeName::of("LINUXOS")}).text, "subscription.fpps-2.imagetype.LINUXOS");
  EXPECT_EQ(copy_address(peer, ImageName::of("db19_24")).text, "copy.fpps-2.db19_24");
  EXPECT_EQ(delta_address(ImageName::of("db19.24"), "0123456789ab").text, "delta.db19.24.0123456789ab");
  EXPECT_EQ(catalog_address().text, "catalog");
}

TEST(address, is_taken_apart_into_what_it_was_made_of) {
  const ServerName peer = ServerName::of("fpps-2");
  const auto parts = [](const Address& address) { return parts_of(address.text).value(); };
  EXPECT_EQ(parts(peer_address(peer)), (AddressParts{AddressKind::peer, "fpps-2", "", "fpps-2"}));
  EXPECT_EQ(parts(type_address(TypeName::of("DB_PSU"))), (AddressParts{AddressKind::imagetype, "", "", "DB_PSU"}));
  EXPECT_EQ(parts(image_address(ImageName::of("db19.24"))), (AddressParts{AddressKind::image, "", "", "db19.24"}));
  EXPECT_EQ(parts(series_address(SeriesName::of("db.19"))), (AddressParts{AddressKind::series, "", "", "db.19"}));
  EXPECT_EQ(parts(subscription_address(peer, SelectAll{})), (AddressParts{AddressKind::subscription, "fpps-2", "all", ""}));
  EXPECT_EQ(parts(subscription_address(peer, SelectSeries{SeriesName::of("db.19")})),
            (AddressParts{AddressKind::subscription, "fpps-2", "series", "db.19"}));
  EXPECT_EQ(parts(copy_address(peer, ImageName::of("db19.24"))), (AddressParts{AddressKind::copy, "fpps-2", "", "db19.24"}));
  const ExportName home = ExportName::of("db19-home");
  EXPECT_EQ(parts(export_address(home)), (AddressParts{AddressKind::export_, "", "", "", "db19-home"}));
  EXPECT_EQ(parts(exported_address(home, ImageName::of("db19.24"))),
            (AddressParts{AddressKind::export_, "", "", "db19.24", "db19-home"}));
  EXPECT_EQ(parts(delta_address(ImageName::of("db19.24"), "0123456789ab")),
            (AddressParts{AddressKind::delta, "", "", "db19.24", "", "0123456789ab"}));
  EXPECT_EQ(parts(catalog_address()), (AddressParts{AddressKind::catalog, "", "", ""}));
}

TEST(address, of_no_kind_has_no_parts_and_one_that_ends_early_lacks_some) {
  for (const char* text : {"", "x", "peer", "copy", "images.x", "Image.x", "catalog.", "catalog.x", ".x", " image.x"})
    EXPECT_EQ(parts_of(text), std::nullopt) << text;
  EXPECT_EQ(parts_of("copy.fpps-2"), (AddressParts{AddressKind::copy, "fpps-2", "", ""}));
  EXPECT_EQ(parts_of("delta.db19"), (AddressParts{AddressKind::delta, "", "", "db19"}));
  EXPECT_EQ(parts_of("delta.db19."), (AddressParts{AddressKind::delta, "", "", "db19"}));
  EXPECT_EQ(parts_of("subscription."), (AddressParts{AddressKind::subscription, "", "", ""}));
  EXPECT_EQ(peer_of_address("subscription.fpps-2"), "fpps-2");
  EXPECT_EQ(peer_of_address("image.fpps-2"), "");
  EXPECT_TRUE(is_of(AddressKind::copy, "copy.a.b"));
  EXPECT_FALSE(is_of(AddressKind::image, "imagetype.a"));
}

TEST(verb, is_read_back_from_its_word) {
  for (const std::string_view word :
       {"register", "update", "unregister", "instantiate", "uninstantiate", "create", "delete", "add", "copy", "withdraw",
        "remove", "publish", "export", "switch", "unexport", "repair", "delta"}) {
    const auto verb = parse_verb(word);
    ASSERT_TRUE(verb) << word;
    EXPECT_EQ(text_of(*verb), word);
  }
  EXPECT_EQ(parse_verb("Register"), std::nullopt);
  EXPECT_EQ(parse_verb(""), std::nullopt);
}

}  // namespace
}  // namespace ingot::address_test
